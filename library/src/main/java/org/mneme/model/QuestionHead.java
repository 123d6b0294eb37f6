package org.mneme.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Scores every token as the begin and as the end of an answer (Devlin et al. 2018, section 4.2):
/// logits `[batch, time, 2]`, begin first. Labels are positions `[batch, 2]` int64; one at or
/// beyond the end of the longest text is ignored, one below 0 counts as 0.
record QuestionHead(HeadConfig config, HeadLayers layers) implements TaskHead {
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
    long[] counts = new long[2];
    long[] positions = Tensors.longs(labels);
    for (int i = 0; i < positions.length; i++) {
      counts[i % 2] += positions[i] < time ? 1 : 0;
    }
    return counts;
  }

  @Override
  public Tensor loss(Tensor logits, Tensor labels, long[] counts) {
    Shapes.require(labels, "labels", logits.size(0), 2);
    try (var scope = new TensorScope()) {
      long time = logits.size(1);
      Tensor positions =
          labels.clamp(
              new ScalarOptional(new Scalar(0L)),
              new ScalarOptional(new Scalar(time))); // [batch, 2]
      Tensor begin = term(logits, positions, 0, counts);
      return scope.keep(begin.add(term(logits, positions, 1, counts)).mul(new Scalar(0.5)));
    }
  }

  private static Tensor term(Tensor logits, Tensor positions, int end, long[] counts) {
    return HeadLoss.crossEntropy(
        logits.select(2, end), positions.select(1, end), logits.size(1), counts[end]);
  }
}
