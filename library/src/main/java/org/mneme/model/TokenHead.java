package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// Scores every token: logits `[batch, time, labels]`. Labels are ids `[batch, time]` int64,
/// [#IGNORED] where there is none, as on padding and on all but a word's first token.
record TokenHead(HeadConfig config, HeadLayers layers) implements TaskHead {
  @Override
  public double dropout() {
    return layers.dropout();
  }

  @Override
  public Tensor logits(BertEncoder base, TokenInput input, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(layers.ofAllTokens(base, input, training));
    }
  }

  @Override
  public long[] counts(Tensor labels, long time) {
    return HeadLoss.counts(labels, config.outputs());
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels, long[] counts) {
    Shapes.require(labels, "labels", logits.size(0), logits.size(1));
    try (var scope = new TensorScope()) {
      Tensor scores = logits.reshape(-1, config.outputs()); // [batch * time, labels]
      return scope.keep(HeadLoss.crossEntropy(scores, labels.reshape(-1), IGNORED, counts[0]));
    }
  }
}
