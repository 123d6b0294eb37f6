package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.mneme.data.task.AnswersConfig;
import org.mneme.data.task.TaskBatch;
import org.mneme.data.task.TaskBatches;
import org.mneme.data.task.TaskFeatures;
import org.mneme.data.task.TaskTargets;
import org.mneme.metric.Scores;
import org.mneme.model.KeptWords;
import org.mneme.model.TaskInput;
import org.mneme.model.TaskModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// How well a model with a task head answers held-out examples.
public final class TaskEvaluation {
  private static final int AT_ONCE = 64; // batches in memory

  private TaskEvaluation() {}

  /// What was measured.
  ///
  /// @param loss that of the head over all examples; 0 where nobody knows an answer
  /// @param scores the task's metrics
  public record Result(double loss, Scores<?> scores, double seconds) {
    /// The figures by name, `loss` first.
    public Map<String, Double> metrics() {
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put("loss", loss);
      metrics.putAll(scores.figures());
      return metrics;
    }

    /// How many answers were compared.
    public long examples() {
      return scores.examples();
    }
  }

  /// Reads all batches once, some at a time, without gradients or dropout, on all processors.
  ///
  /// @param batches of `features`
  /// @param answers how answers are picked; of questions only
  public static Result evaluate(
      TaskModel model, TaskFeatures features, TaskBatches batches, AnswersConfig answers) {
    long started = System.nanoTime();
    KeptWords.bringIn(
        model,
        StreamSupport.stream(batches.inOrder().spliterator(), false).flatMapToLong(TaskBatch::ids));
    long[] counts = counts(model, batches.inOrder());
    Iterator<TaskBatch> left = batches.inOrder().iterator();
    TaskTargets targets = batches.inOrder().iterator().next().targets();
    var scores = TaskScores.of(features, targets, model.head().config().labels(), answers);
    double loss = 0;
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      while (left.hasNext()) {
        List<Supplier<Read>> tasks = new ArrayList<>();
        while (left.hasNext() && tasks.size() < AT_ONCE) {
          TaskBatch batch = left.next();
          tasks.add(() -> read(model, batch, counts));
        }
        for (Read read : workers.all(tasks)) {
          scores.add(read.logits);
          loss += read.loss;
        }
      }
    }
    return new Result(loss, scores.scores(), (System.nanoTime() - started) / 1e9);
  }

  /// @param loss its part of the loss of all batches
  private record Read(TaskLogits logits, double loss) {}

  private static long[] counts(TaskModel model, Iterable<TaskBatch> batches) {
    long[] sum = new long[0];
    for (TaskBatch batch : batches) {
      try (var scope = new TensorScope()) {
        Tensor labels = TaskInput.of(batch, model.config()).labels();
        long[] own = model.head().counts(labels, batch.tokens().time());
        sum = Arrays.copyOf(sum, own.length);
        for (int term = 0; term < own.length; term++) {
          sum[term] += own[term];
        }
      }
    }
    return sum;
  }

  private static Read read(TaskModel model, TaskBatch batch, long[] counts) {
    return TaskLogits.read(
        model,
        batch,
        (input, logits) -> {
          double loss = model.head().loss(logits, input.labels(), counts).item_double();
          return new Read(new TaskLogits(batch, Tensors.floats(logits)), loss);
        });
  }
}
