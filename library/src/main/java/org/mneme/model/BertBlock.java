package org.mneme.model;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Parameters;

/// One block of a BERT-family encoder: attention, then a feed-forward, a memory beside it, or a
/// memory in its place, each added to the residual and normalised afterwards.
final class BertBlock {
  private final BertConfig config;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear attentionOutput;
  private final LayerNorm attentionNorm;
  private final @Nullable FeedForward feedForward;
  private final @Nullable MemoryLayer memory;
  private final LayerNorm outputNorm;
  private final List<Tensor> own;

  private record FeedForward(Linear inner, Linear outer) {}

  /// @param tables that the memories of all blocks have in common
  BertBlock(
      BertConfig config,
      Parameters parameters,
      String prefix,
      int index,
      long seed,
      SharedTables tables) {
    this.config = config;
    int dim = config.dim();
    query = Linear.create(parameters, prefix + "attention.self.query", dim, dim);
    key = Linear.create(parameters, prefix + "attention.self.key", dim, dim);
    value = Linear.create(parameters, prefix + "attention.self.value", dim, dim);
    attentionOutput = Linear.create(parameters, prefix + "attention.output.dense", dim, dim);
    attentionNorm =
        LayerNorm.create(
            parameters, prefix + "attention.output.LayerNorm", dim, config.layerNormEps());
    MemoryPlacement placement = placementAt(config, index);
    feedForward =
        placement != null && placement.placement() == Placement.REPLACE
            ? null
            : new FeedForward(
                Linear.create(
                    parameters, prefix + "intermediate.dense", dim, config.feedForwardDim()),
                Linear.create(parameters, prefix + "output.dense", config.feedForwardDim(), dim));
    outputNorm =
        LayerNorm.create(parameters, prefix + "output.LayerNorm", dim, config.layerNormEps());
    memory =
        placement != null
            ? MemoryLayer.create(placement.layer(), parameters, prefix + "memory.", seed, tables)
            : null;
    own =
        parameters.all().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(prefix))
            .map(Map.Entry::getValue)
            .toList();
  }

  private static @Nullable MemoryPlacement placementAt(BertConfig config, int index) {
    MemoryPlacement placement = config.memory();
    return placement != null && placement.layers().contains(index) ? placement : null;
  }

  @Nullable MemoryLayer memory() {
    return memory;
  }

  /// Whether any of its parameters asks for a gradient.
  boolean isTrained() {
    return own.stream().anyMatch(Tensor::requires_grad);
  }

  /// Where things are in the flat list of tokens.
  ///
  /// @param bias `[batch, 1, 1, time]` bool, true where attention may look; null without padding
  /// @param real `[realTokens]` int64 positions that are no padding; null without padding
  /// @param targets `[targets]` int64 positions whose loss is asked for; null for all
  record Positions(
      long batch,
      long time,
      @Nullable Tensor bias,
      @Nullable Tensor real,
      @Nullable Tensor targets) {
    /// The same, in tensors that live until the backward pass.
    Positions kept() {
      return new Positions(batch, time, kept(bias), kept(real), kept(targets));
    }

    private static @Nullable Tensor kept(@Nullable Tensor tensor) {
      return tensor == null ? null : JavaOperation.saved(tensor);
    }
  }

  /// A block's state where a memory is about to read.
  ///
  /// @param u `[rows, dim]` the post-attention state
  /// @param sum `[rows, dim]` the same with the feed-forward's output added, if the block has one
  record State(Tensor u, Tensor sum) {}

  /// x `[tokens, dim]` -> `[tokens, dim]`, or `[targets, dim]` if `onlyTargets`: then what looks at
  /// no other position is computed at targets alone, with or without a memory by the same products,
  /// so that their bits are the same.
  Tensor apply(Tensor x, Positions at, boolean onlyTargets, boolean training) {
    Tensor context = attention(x, at, training); // [tokens, dim]
    Tensor wanted = onlyTargets ? at.targets() : null; // null for all rows
    State state = state(context, x, wanted, training); // [rows, dim]
    if (wanted == null) {
      Tensor readers = readsAtTargets() && at.targets() != null ? at.targets() : at.real();
      return finish(state, readers, training);
    }
    if (memory == null || readsAtTargets()) {
      return finish(state, null, training);
    }
    Tensor all = attended(context, x, training); // [tokens, dim]
    Tensor read = remember(memory, all, torch.zeros_like(all), at.real(), training);
    return outputNorm.apply(state.sum().add(select(read, wanted)));
  }

  /// Attention and feed-forward of x `[tokens, dim]`, at the targets alone if `onlyTargets`.
  State beforeMemory(Tensor x, Positions at, boolean onlyTargets, boolean training) {
    return state(attention(x, at, training), x, onlyTargets ? at.targets() : null, training);
  }

  private State state(Tensor context, Tensor x, @Nullable Tensor rows, boolean training) {
    Tensor u = attended(select(context, rows), select(x, rows), training); // [rows, dim]
    if (feedForward == null) {
      return new State(u, u);
    }
    Tensor inner = config.activation().apply(feedForward.inner.apply(u)); // [rows, ffDim]
    return new State(u, dropout(feedForward.outer.apply(inner), training).add(u));
  }

  /// The block's output `[rows, dim]`: the memory read at `readers`, by all rows if null, and the
  /// last norm.
  Tensor finish(State state, @Nullable Tensor readers, boolean training) {
    Tensor sum =
        memory == null ? state.sum() : remember(memory, state.u(), state.sum(), readers, training);
    return outputNorm.apply(sum);
  }

  /// The state after attention, `[rows, dim]`.
  private Tensor attended(Tensor context, Tensor x, boolean training) {
    return attentionNorm.apply(dropout(attentionOutput.apply(context), training).add(x));
  }

  /// sum + memory(u) at the positions `rows`, all if null.
  private Tensor remember(
      MemoryLayer memory, Tensor u, Tensor sum, @Nullable Tensor rows, boolean training) {
    if (rows == null) {
      return sum.add(memory.forward(u, training));
    }
    return sum.index_add(0, rows, memory.forward(u.index_select(0, rows), training));
  }

  boolean readsAtTargets() {
    MemoryPlacement placement = config.memory();
    return placement != null && placement.readAt() == ReadAt.TARGETS;
  }

  private Tensor attention(Tensor x, Positions at, boolean training) {
    Tensor context =
        torch.scaled_dot_product_attention(
            heads(query.apply(x), at),
            heads(key.apply(x), at),
            heads(value.apply(x), at),
            at.bias() == null ? new TensorOptional() : new TensorOptional(at.bias()),
            training ? config.attentionDropout() : 0,
            false,
            new DoubleOptional(),
            false); // [batch, heads, time, headDim]
    return context.transpose(1, 2).reshape(at.batch() * at.time(), config.dim());
  }

  /// `[tokens, dim]` -> `[batch, heads, time, headDim]`
  private Tensor heads(Tensor x, Positions at) {
    return x.view(at.batch(), at.time(), config.heads(), config.headDim()).transpose(1, 2);
  }

  private Tensor dropout(Tensor x, boolean training) {
    return Dropout.apply(x, config.hiddenDropout(), training);
  }

  private static Tensor select(Tensor x, @Nullable Tensor rows) {
    return rows == null ? x : x.index_select(0, rows);
  }
}
