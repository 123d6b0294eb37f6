package org.mneme.data.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Puts the scores of windows together to answers, while batches come in order
/// ([TaskBatches#inOrder]): what a question needs stays no longer than its windows take. For one
/// thread.
public final class AnswerCollector {
  /// Takes answers, one after the other.
  @FunctionalInterface
  public interface Sink {
    /// The answer to the question of an example.
    void accept(int example, FoundAnswer answer);
  }

  private final QuestionFeatures features;
  private final AnswerSpans spans;
  private final Sink sink;
  private List<float[]> starts = new ArrayList<>();
  private List<float[]> ends = new ArrayList<>();
  private int example;

  /// Hands the answers to the questions of `features` to `sink`, in order.
  public AnswerCollector(QuestionFeatures features, AnswersConfig config, Sink sink) {
    this.features = features;
    this.spans = new AnswerSpans(features, config);
    this.sink = sink;
  }

  /// Takes the scores of a batch.
  ///
  /// @param startScores `[rows * time]`
  /// @param endScores `[rows * time]`
  public void add(TaskBatch batch, float[] startScores, float[] endScores) {
    int time = batch.tokens().time();
    for (int i = 0; i < batch.rows().length; i++) {
      int expected = features.firstRow(example) + starts.size();
      if (batch.rows()[i] != expected) {
        throw new IllegalArgumentException(
            "row %d instead of %d: batches have to come in order"
                .formatted(batch.rows()[i], expected));
      }
      starts.add(Arrays.copyOfRange(startScores, i * time, (i + 1) * time));
      ends.add(Arrays.copyOfRange(endScores, i * time, (i + 1) * time));
      if (starts.size() == features.rowCount(example)) {
        sink.accept(example, spans.find(example, starts, ends));
        starts = new ArrayList<>();
        ends = new ArrayList<>();
        example++;
      }
    }
  }
}
