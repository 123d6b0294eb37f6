package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.model.HeadLayout.Drops;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;

/// The layers of a task head, from hidden states to scores.
///
/// @param dense of the model's width, or null
/// @param output to the scores
/// @param dropout share dropped in training
record HeadLayers(HeadLayout layout, @Nullable Linear dense, Linear output, double dropout) {
  /// Adds freshly drawn ones: normal weights, biases zero.
  static HeadLayers create(BertConfig config, HeadConfig head, Parameters parameters) {
    HeadLayout layout = HeadLayout.of(config.family(), head.kind());
    double deviation = config.taskHeads().deviation();
    String dense = layout.dense();
    int dim = config.dim();
    return new HeadLayers(
        layout,
        dense == null ? null : Linear.create(parameters, dense, dim, dim, deviation),
        Linear.create(parameters, layout.output(), dim, head.outputs(), deviation),
        layout.drops() == Drops.NOWHERE ? 0 : config.taskHeads().dropout(head.kind()));
  }

  /// Scores `[rows, outputs]` of hidden states `[rows, dim]`, float32 or wider in every precision.
  Tensor apply(Tensor hidden, boolean training) {
    Tensor x = hidden;
    if (dense != null) {
      x = layout.drops() == Drops.BEFORE_EACH_LAYER ? dropped(x, training) : x;
      x = dense.apply(x);
      x =
          switch (layout.squash()) {
            case TANH -> torch.tanh(x);
            case RELU -> torch.relu(x);
          };
    }
    return Precision.widened(output.apply(dropped(x, training)));
  }

  /// Scores of every text's first token, `[batch, outputs]`.
  Tensor ofFirstTokens(BertEncoder base, TokenInput input, boolean training) {
    return apply(base.encodeTargets(input, input.firstTokens(), training), training);
  }

  /// Scores of every token, `[batch, time, outputs]`.
  Tensor ofAllTokens(BertEncoder base, TokenInput input, boolean training) {
    Tensor hidden = base.encode(input, training); // [batch, time, dim]
    return apply(hidden.view(-1, hidden.size(2)), training)
        .view(input.batch(), input.time(), output.weight().size(0));
  }

  private Tensor dropped(Tensor x, boolean training) {
    return Dropout.apply(x, dropout, training);
  }
}
