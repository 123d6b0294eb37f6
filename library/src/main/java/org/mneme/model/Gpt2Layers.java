package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.mneme.model.DecoderBlock.Positions;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;

/// What the blocks of a GPT-2 compute with (Radford et al. 2019), under Hugging Face's names.
final class Gpt2Layers {
  private static final double DEVIATION = 0.02;

  private Gpt2Layers() {}

  static Attention attention(Gpt2Config config, Parameters parameters, String prefix, int index) {
    int dim = config.dim();
    return new Attention(
        config.heads(),
        new DecoderAttention(index, 0, config.attentionScale(index), config.dropout().attention()),
        TransposedLinear.create(parameters, prefix + "attn.c_attn", dim, 3 * dim, DEVIATION),
        TransposedLinear.create(
            parameters, prefix + "attn.c_proj", dim, dim, deviationOut(config)));
  }

  static FeedForward feedForward(Gpt2Config config, Parameters parameters, String prefix) {
    int dim = config.dim();
    int inner = config.feedForwardDim();
    return new FeedForward(
        TransposedLinear.create(parameters, prefix + "mlp.c_fc", dim, inner, DEVIATION),
        config.activation(),
        TransposedLinear.create(
            parameters, prefix + "mlp.c_proj", inner, dim, deviationOut(config)));
  }

  /// What a block adds starts small enough for the sum over all blocks to stay in bounds.
  private static double deviationOut(Gpt2Config config) {
    return DEVIATION / Math.sqrt(2.0 * config.layers());
  }

  /// @param input dim -> query, key and value
  record Attention(
      int heads, DecoderAttention attends, TransposedLinear input, TransposedLinear output)
      implements DecoderBlock.Attention {
    @Override
    public Tensor apply(Tensor x, Positions at, HeadOrder order, boolean training) {
      var parts = input.apply(x).chunk(3, 1); // of [tokens, 3 * dim]
      Tensor context =
          attends.apply(
              at.heads(parts.get(0), heads),
              at.heads(parts.get(1), heads),
              at.heads(parts.get(2), heads),
              at,
              order,
              training);
      return output.apply(at.joined(context));
    }

    /// The same for inference as `how` says.
    PreparedLayers.Attention prepared(Preparation how, String name) {
      try (var scope = new TensorScope()) {
        long dim = input.bias().size(0) / 3;
        List<PreparedLinear> inputs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          inputs.add(input.part(i * dim, dim).prepared(how, name + "input." + i));
        }
        return new PreparedLayers.Attention(
            heads, heads, attends, inputs, output.prepared(how, name + "output"));
      }
    }
  }

  record FeedForward(TransposedLinear inner, Activation activation, TransposedLinear outer)
      implements DecoderBlock.FeedForward {
    @Override
    public Tensor apply(Tensor x) {
      return outer.apply(activation.apply(inner.apply(x)));
    }

    /// The same for inference as `how` says.
    PreparedLayers.FeedForward prepared(Preparation how, String name) {
      return new PreparedLayers.FeedForward(
          null,
          inner.prepared(how, name + "inner"),
          activation,
          outer.prepared(how, name + "outer"));
    }
  }
}
