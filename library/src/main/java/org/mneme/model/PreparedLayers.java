package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.MemoryLayer;
import org.mneme.model.DecoderBlock.Positions;

/// What the blocks of a causal model compute with once it is prepared, whichever family it is of:
/// by libtorch for texts that are read, by [TokenSteps] for one more token.
final class PreparedLayers {
  private PreparedLayers() {}

  /// A block and its parts.
  ///
  /// @param whole for texts that are read
  /// @param feedForward null where a memory replaces it
  record Block(
      DecoderBlock whole,
      Norm attentionNorm,
      Attention attention,
      Norm feedForwardNorm,
      @Nullable FeedForward feedForward,
      @Nullable MemoryLayer memory) {}

  /// @param heads of queries
  /// @param keyValueHeads of keys and values
  /// @param inputs dim -> queries, keys, values
  record Attention(
      int heads,
      int keyValueHeads,
      DecoderAttention attends,
      List<PreparedLinear> inputs,
      PreparedLinear output)
      implements DecoderBlock.Attention {
    static Attention of(DecoderBlock.Attention trained, Preparation how, String name) {
      return switch (trained) {
        case Gpt2Layers.Attention gpt2 -> gpt2.prepared(how, name);
        case LlamaLayers.Attention llama -> llama.prepared(how, name);
        case Attention prepared -> prepared;
      };
    }

    @Override
    public Tensor apply(Tensor x, Positions at, HeadOrder order, boolean training) {
      Tensor queries = at.heads(inputs.get(0).apply(x), heads);
      Tensor keys = at.heads(inputs.get(1).apply(x), keyValueHeads);
      Tensor values = at.heads(inputs.get(2).apply(x), keyValueHeads);
      Rotary.Turns turns = at.turns();
      if (turns != null) {
        queries = turns.apply(queries);
        keys = turns.apply(keys);
      }
      return output.apply(at.joined(attends.apply(queries, keys, values, at, order, training)));
    }
  }

  /// @param gate null where nothing is gated and `inner` is activated instead
  record FeedForward(
      @Nullable PreparedLinear gate,
      PreparedLinear inner,
      Activation activation,
      PreparedLinear outer)
      implements DecoderBlock.FeedForward {
    static @Nullable FeedForward of(
        DecoderBlock.@Nullable FeedForward trained, Preparation how, String name) {
      return switch (trained) {
        case null -> null;
        case Gpt2Layers.FeedForward gpt2 -> gpt2.prepared(how, name);
        case LlamaLayers.FeedForward llama -> llama.prepared(how, name);
        case FeedForward prepared -> prepared;
      };
    }

    @Override
    public Tensor apply(Tensor x) {
      Tensor activated =
          gate == null
              ? activation.apply(inner.apply(x))
              : activation.apply(gate.apply(x)).mul(inner.apply(x));
      return outer.apply(activated);
    }
  }
}
