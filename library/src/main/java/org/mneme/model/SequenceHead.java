package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// Scores texts by their first token: logits `[batch, labels]`. Labels are ids `[batch]` int64, or
/// `[batch, labels]` of a floating type: for each label 1 or 0, or the numbers of a regression.
record SequenceHead(HeadConfig config, HeadLayers layers) implements TaskHead {
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
    return switch (config.problem()) {
      case SINGLE_LABEL -> HeadLoss.counts(labels, config.outputs());
      case MULTI_LABEL, REGRESSION -> new long[] {labels.numel()};
    };
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels, long[] counts) {
    long batch = logits.size(0);
    try (var scope = new TensorScope()) {
      return scope.keep(
          switch (config.problem()) {
            case SINGLE_LABEL -> {
              Shapes.require(labels, "labels", batch);
              yield HeadLoss.crossEntropy(logits, labels, IGNORED, counts[0]);
            }
            case MULTI_LABEL -> {
              Shapes.require(labels, "labels", batch, config.outputs());
              Tensor wanted = labels.to(logits.scalar_type());
              yield HeadLoss.binaryCrossEntropy(logits, wanted, counts[0]);
            }
            case REGRESSION -> {
              Shapes.require(labels, "labels", batch, config.outputs());
              yield HeadLoss.squares(logits, labels.to(logits.scalar_type()), counts[0]);
            }
          });
    }
  }
}
