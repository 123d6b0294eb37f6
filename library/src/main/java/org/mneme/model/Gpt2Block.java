package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.tensor.Parameters;

/// One block of a GPT-2: h = x + attention(norm(x)), then h + FFN(norm(h)), h + FFN(norm(h)) +
/// memory(norm(h)), or h + memory(norm(h)).
final class Gpt2Block implements Blocks.Block {
  private static final double DEVIATION = 0.02;

  private final Gpt2Config config;
  private final double scale;
  private final LayerNorm attentionNorm;
  private final TransposedLinear attentionInput; // dim -> query, key and value
  private final TransposedLinear attentionOutput;
  private final LayerNorm feedForwardNorm;
  private final @Nullable FeedForward feedForward;
  private final @Nullable MemoryLayer memory;
  private HeadOrder headOrder = HeadOrder.OWN;

  private record FeedForward(TransposedLinear inner, TransposedLinear outer) {}

  /// @param tables that the memories of all blocks have in common
  Gpt2Block(
      Gpt2Config config,
      Parameters parameters,
      String prefix,
      int index,
      long seed,
      SharedTables tables) {
    this.config = config;
    scale = config.attentionScale(index);
    int dim = config.dim();
    double eps = config.layerNormEps();
    // what a block adds starts small enough for the sum over all blocks to stay in bounds
    double deviationOut = DEVIATION / Math.sqrt(2.0 * config.layers());
    attentionNorm = LayerNorm.create(parameters, prefix + "ln_1", dim, eps);
    attentionInput =
        TransposedLinear.create(parameters, prefix + "attn.c_attn", dim, 3 * dim, DEVIATION);
    attentionOutput =
        TransposedLinear.create(parameters, prefix + "attn.c_proj", dim, dim, deviationOut);
    feedForwardNorm = LayerNorm.create(parameters, prefix + "ln_2", dim, eps);
    MemoryPlacement placement = config.memoryAt(index);
    int inner = config.feedForwardDim();
    feedForward =
        placement != null && placement.placement() == Placement.REPLACE
            ? null
            : new FeedForward(
                TransposedLinear.create(parameters, prefix + "mlp.c_fc", dim, inner, DEVIATION),
                TransposedLinear.create(
                    parameters, prefix + "mlp.c_proj", inner, dim, deviationOut));
    memory =
        placement != null
            ? MemoryLayer.create(placement.layer(), parameters, prefix + "memory.", seed, tables)
            : null;
  }

  @Override
  public @Nullable MemoryLayer memory() {
    return memory;
  }

  /// Draws whose keys and values heads attend with in training, until the next call.
  @Override
  public void beginStep(long seed) {
    headOrder = HeadOrder.drawn(config.heads(), config.crossHead(), seed);
  }

  /// Where things are in the flat list of tokens.
  ///
  /// @param readers `[readers]` int64 positions that read memories; null for all
  record Positions(long batch, long time, @Nullable Tensor readers) {}

  /// x `[tokens, dim]` -> `[tokens, dim]`
  Tensor apply(Tensor x, Positions at, boolean training) {
    Tensor attended = attention(attentionNorm.apply(x), at, training); // [tokens, dim]
    Tensor h = x.add(dropout(attentionOutput.apply(attended), training));
    Tensor normed = feedForwardNorm.apply(h);
    Tensor sum = h;
    if (feedForward != null) {
      Tensor inner = config.activation().apply(feedForward.inner.apply(normed));
      sum = h.add(dropout(feedForward.outer.apply(inner), training));
    }
    return memory == null ? sum : memory.addTo(sum, normed, at.readers(), training);
  }

  private Tensor attention(Tensor x, Positions at, boolean training) {
    Tensor all = attentionInput.apply(x); // [tokens, 3 * dim]
    double dropout = training ? config.dropout().attention() : 0;
    HeadOrder order = training ? headOrder : HeadOrder.OWN;
    // [batch, heads, time, headDim]
    Tensor context =
        new DotProductAttention(null, true, scale, dropout)
            .apply(
                heads(all, 0, at), order.apply(heads(all, 1, at)), order.apply(heads(all, 2, at)));
    return context.transpose(1, 2).reshape(at.batch() * at.time(), config.dim());
  }

  /// Part `part` of `[tokens, 3 * dim]` -> `[batch, heads, time, headDim]`
  private Tensor heads(Tensor all, int part, Positions at) {
    int dim = config.dim();
    return all.narrow(1, (long) part * dim, dim)
        .view(at.batch(), at.time(), config.heads(), config.headDim())
        .transpose(1, 2);
  }

  private Tensor dropout(Tensor x, boolean training) {
    return Dropout.apply(x, config.dropout().residual(), training);
  }
}
