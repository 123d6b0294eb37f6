package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.model.DecoderBlock.Positions;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What the blocks of the Llama family compute with (Touvron et al. 2023; Jiang et al. 2023), under
/// Hugging Face's names.
final class LlamaLayers {
  private static final double DEVIATION = 0.02;

  private LlamaLayers() {}

  static Attention attention(LlamaConfig config, Adapter.Maker made, String prefix) {
    LlamaConfig.Attention sizes = config.attention();
    int dim = config.dim();
    int queries = sizes.heads() * sizes.headDim();
    int keys = sizes.keyValueHeads() * sizes.headDim();
    String own = prefix + "self_attn.";
    return new Attention(
        sizes,
        new DecoderAttention(
            made.index(),
            sizes.windowAt(made.index()),
            1 / Math.sqrt(sizes.headDim()),
            sizes.dropout()),
        Weights.create(made, own + "q_proj", dim, queries, sizes.inputBias()),
        Weights.create(made, own + "k_proj", dim, keys, sizes.inputBias()),
        Weights.create(made, own + "v_proj", dim, keys, sizes.inputBias()),
        Weights.create(made, own + "o_proj", queries, dim, sizes.outputBias()));
  }

  static FeedForward feedForward(LlamaConfig config, Adapter.Maker made, String prefix) {
    int dim = config.dim();
    int inner = config.feedForwardDim();
    boolean bias = config.feedForwardBias();
    String own = prefix + "mlp.";
    return new FeedForward(
        Weights.create(made, own + "gate_proj", dim, inner, bias),
        Weights.create(made, own + "up_proj", dim, inner, bias),
        config.activation(),
        Weights.create(made, own + "down_proj", inner, dim, bias));
  }

  /// x -> x W^T + b, or without b, and what an adapter adds.
  ///
  /// @param weight `[out, in]`
  /// @param bias `[out]`
  private record Weights(Tensor weight, @Nullable Tensor bias, @Nullable Adapter adapter) {
    static Weights create(Adapter.Maker made, String name, int in, int out, boolean bias) {
      Parameters parameters = made.parameters();
      return new Weights(
          parameters.parameter(name + ".weight", Randomness.normal(DEVIATION, out, in)),
          bias
              ? parameters.parameter(name + ".bias", Tensors.zeros(torch.ScalarType.Float, out))
              : null,
          made.create(name, in, out));
    }

    /// x `[rows, in]` -> `[rows, out]`
    Tensor apply(Tensor x) {
      Tensor projected = Linear.apply(x, weight, bias);
      return adapter == null ? projected : adapter.addTo(projected, x);
    }

    PreparedLinear prepared(Preparation how, String name) {
      try (var scope = new TensorScope()) {
        Tensor whole = adapter == null ? weight : adapter.mergedInto(weight);
        return PreparedLinear.of(whole, bias, how, name);
      }
    }
  }

  /// Several heads of queries share one of keys and values (Ainslie et al. 2023).
  record Attention(
      LlamaConfig.Attention sizes,
      DecoderAttention attends,
      Weights query,
      Weights key,
      Weights value,
      Weights output)
      implements DecoderBlock.Attention {
    @Override
    public Tensor apply(Tensor x, Positions at, HeadOrder order, boolean training) {
      Tensor queries = Precision.widened(at.heads(query.apply(x), sizes.heads()));
      Tensor keys = Precision.widened(at.heads(key.apply(x), sizes.keyValueHeads()));
      Tensor values = at.heads(value.apply(x), sizes.keyValueHeads());
      Rotary.Turns turns = at.turns();
      if (turns != null) {
        queries = turns.apply(queries);
        keys = turns.apply(keys);
      }
      return output.apply(at.joined(attends.apply(queries, keys, values, at, order, training)));
    }

    /// The same for inference as `how` says.
    PreparedLayers.Attention prepared(Preparation how, String name) {
      return new PreparedLayers.Attention(
          sizes.heads(),
          sizes.keyValueHeads(),
          attends,
          List.of(
              query.prepared(how, name + "query"),
              key.prepared(how, name + "key"),
              value.prepared(how, name + "value")),
          output.prepared(how, name + "output"));
    }
  }

  /// W3 (activation(W1 x) * W2 x) (Shazeer 2020).
  record FeedForward(Weights gate, Weights up, Activation activation, Weights down)
      implements DecoderBlock.FeedForward {
    @Override
    public Tensor apply(Tensor x) {
      return down.apply(activation.apply(gate.apply(x)).mul(up.apply(x)));
    }

    /// The same for inference as `how` says.
    PreparedLayers.FeedForward prepared(Preparation how, String name) {
      return new PreparedLayers.FeedForward(
          gate.prepared(how, name + "gate"),
          up.prepared(how, name + "up"),
          activation,
          down.prepared(how, name + "down"));
    }
  }
}
