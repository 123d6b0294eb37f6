package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// Scores texts against each other. The input has the choices of an example in rows below each
/// other, as many for every example; logits `[examples * choices, 1]`, whose view `[examples,
/// choices]` is Hugging Face's. Labels are choices `[examples]` int64.
record ChoiceHead(HeadConfig config, HeadLayers layers) implements TaskHead {
  @Override
  public double dropout() {
    return layers.dropout();
  }

  @Override
  public Tensor logits(BertEncoder base, TokenInput input, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(layers.ofFirstTokens(base, input, training));
    }
  }

  @Override
  public long[] counts(Tensor labels, long time) {
    return HeadLoss.counts(labels, Long.MAX_VALUE);
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels, long[] counts) {
    Shapes.require(labels, "labels", Shapes.ANY);
    long examples = labels.size(0);
    if (logits.size(0) % examples != 0) {
      throw new IllegalArgumentException(
          "%d rows are no choices of %d examples".formatted(logits.size(0), examples));
    }
    try (var scope = new TensorScope()) {
      Tensor scores = logits.reshape(examples, -1); // [examples, choices]
      return scope.keep(HeadLoss.crossEntropy(scores, labels, IGNORED, counts[0]));
    }
  }
}
