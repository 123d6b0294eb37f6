package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.data.task.TaskBatch;
import org.mneme.data.task.TaskTargets;
import org.mneme.tensor.Tensors;

/// A batch of labelled texts as tensors, in the open scope.
///
/// @param input what the model reads
/// @param labels of the shape that [TaskHead] says
public record TaskInput(TokenInput input, Tensor labels) {
  /// Tensors of `batch` for `model`, which may know no types of tokens; without padding there is no
  /// mask to attend by.
  public static TaskInput of(TaskBatch batch, BertConfig model) {
    return new TaskInput(input(batch, model), labels(batch.targets()));
  }

  private static TokenInput input(TaskBatch batch, BertConfig model) {
    TokenInput plain = MaskedInput.of(batch.tokens());
    Tensor types =
        model.tokenTypes() > 1
            ? Tensors.of(batch.typeIds(), plain.batch(), plain.time())
            : null; // [rows, time]
    return new TokenInput(plain.ids(), plain.mask(), types);
  }

  private static Tensor labels(TaskTargets targets) {
    return switch (targets) {
      case TaskTargets.Labels(long[] labels) -> Tensors.of(labels, labels.length);
      case TaskTargets.LabelSets(float[] indicators, int labels) ->
          Tensors.of(indicators, indicators.length / labels, labels);
      case TaskTargets.Scores(float[] scores) -> Tensors.of(scores, scores.length, 1);
      case TaskTargets.TokenLabels(long[] labels, int time) ->
          Tensors.of(labels, labels.length / time, time);
      case TaskTargets.Spans(long[] starts, long[] ends) -> spans(starts, ends);
    };
  }

  private static Tensor spans(long[] starts, long[] ends) {
    long[] both = new long[2 * starts.length];
    for (int i = 0; i < starts.length; i++) {
      both[2 * i] = starts[i];
      both[2 * i + 1] = ends[i];
    }
    return Tensors.of(both, starts.length, 2);
  }
}
