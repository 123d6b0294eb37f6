package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.SelfAttention.Disturbance;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;

/// One block of a BERT-family encoder: attention, then a feed-forward, a memory beside it, or a
/// memory in its place, each added to the residual and normalised afterwards.
final class BertBlock implements Blocks.Block {
  private final BertConfig config;
  private final SelfAttention attention;
  private final Projection attentionOutput;
  private final LayerNorm attentionNorm;
  private final @Nullable FeedForward feedForward;
  private final @Nullable MemoryLayer memory;
  private final LayerNorm outputNorm;
  private HeadOrder headOrder = HeadOrder.OWN;

  private record FeedForward(Projection inner, Projection outer) {}

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
    BertNames names = BertNames.of(config.family());
    attention =
        new SelfAttention.Separate(
            Linear.create(parameters, prefix + names.query(), dim, dim),
            Linear.create(parameters, prefix + names.key(), dim, dim),
            Linear.create(parameters, prefix + names.value(), dim, dim));
    attentionOutput = Linear.create(parameters, prefix + names.attentionOutput(), dim, dim);
    attentionNorm =
        LayerNorm.create(parameters, prefix + names.attentionNorm(), dim, config.layerNormEps());
    MemoryPlacement placement = config.memoryAt(index);
    feedForward =
        placement != null && placement.placement() == Placement.REPLACE
            ? null
            : new FeedForward(
                Linear.create(parameters, prefix + names.inner(), dim, config.feedForwardDim()),
                Linear.create(parameters, prefix + names.outer(), config.feedForwardDim(), dim));
    outputNorm =
        LayerNorm.create(parameters, prefix + names.outputNorm(), dim, config.layerNormEps());
    memory =
        placement != null
            ? MemoryLayer.create(placement.layer(), parameters, prefix + "memory.", seed, tables)
            : null;
  }

  private BertBlock(
      BertBlock trained,
      SelfAttention attention,
      Projection attentionOutput,
      @Nullable FeedForward feedForward) {
    this.config = trained.config;
    this.attention = attention;
    this.attentionOutput = attentionOutput;
    this.attentionNorm = trained.attentionNorm.prepared();
    this.feedForward = feedForward;
    this.memory = trained.memory;
    this.outputNorm = trained.outputNorm.prepared();
  }

  /// This block for inference with packed weights of `type`, which `owner` keeps under names that
  /// begin with `prefix`; norms and memory are shared with this one. A block that is prepared
  /// already stays as it is.
  BertBlock prepared(torch.ScalarType type, Parameters owner, String prefix) {
    if (!(attention instanceof SelfAttention.Separate separate)
        || !(attentionOutput instanceof Linear output)) {
      return this;
    }
    try (var scope = new TensorScope()) {
      PackedLinear joined = PackedLinear.of(separate.joined(), type, owner, prefix + "attention");
      return new BertBlock(
          this,
          new SelfAttention.Joined(joined),
          PackedLinear.of(output, type, owner, prefix + "attentionOutput"),
          feedForward == null
              ? null
              : new FeedForward(
                  packed(feedForward.inner, type, owner, prefix + "inner"),
                  packed(feedForward.outer, type, owner, prefix + "outer")));
    }
  }

  private static Projection packed(
      Projection projection, torch.ScalarType type, Parameters owner, String name) {
    return switch (projection) {
      case Linear linear -> PackedLinear.of(linear, type, owner, name);
      case PackedLinear done -> done;
    };
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
  /// @param mask `[batch, time]` bool, true where attention may look; null without padding
  /// @param real `[realTokens]` int64 positions that are no padding; null without padding
  /// @param targets `[targets]` int64 positions whose loss is asked for; null for all
  record Positions(
      long batch,
      long time,
      @Nullable Tensor mask,
      @Nullable Tensor real,
      @Nullable Tensor targets) {
    /// The same, in tensors that live until the backward pass.
    Positions kept() {
      return new Positions(batch, time, kept(mask), kept(real), kept(targets));
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
    Tensor context = contexts(x, at, training); // [tokens, dim]
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
    Tensor read = memory.addTo(torch.zeros_like(all), all, at.real(), training);
    return outputNorm.apply(state.sum().add(select(read, wanted)));
  }

  /// Attention and feed-forward of x `[tokens, dim]`, at the targets alone if `onlyTargets`.
  State beforeMemory(Tensor x, Positions at, boolean onlyTargets, boolean training) {
    return state(contexts(x, at, training), x, onlyTargets ? at.targets() : null, training);
  }

  private Tensor contexts(Tensor x, Positions at, boolean training) {
    Disturbance disturbance =
        training ? new Disturbance(config.attentionDropout(), headOrder) : Disturbance.NONE;
    return attention.contexts(x, at, config, disturbance);
  }

  private State state(Tensor context, Tensor x, @Nullable Tensor rows, boolean training) {
    Tensor u = attended(select(context, rows), select(x, rows), training); // [rows, dim]
    if (feedForward == null) {
      return new State(u, u);
    }
    Tensor inner = feedForward.inner.applyActivated(u, config.activation()); // [rows, ffDim]
    return new State(u, added(feedForward.outer, inner, u, training));
  }

  /// The block's output `[rows, dim]`: the memory read at `readers`, by all rows if null, and the
  /// last norm.
  Tensor finish(State state, @Nullable Tensor readers, boolean training) {
    Tensor sum =
        memory == null ? state.sum() : memory.addTo(state.sum(), state.u(), readers, training);
    return outputNorm.apply(sum);
  }

  /// The state after attention, `[rows, dim]`.
  private Tensor attended(Tensor context, Tensor x, boolean training) {
    boolean drops = training && config.family().dropsAttentionOutput();
    return attentionNorm.apply(added(attentionOutput, context, x, drops));
  }

  /// dropout(projection(x)) + residual
  private Tensor added(Projection projection, Tensor x, Tensor residual, boolean drops) {
    return drops && config.hiddenDropout() > 0
        ? Dropout.apply(projection.apply(x), config.hiddenDropout(), true).add(residual)
        : projection.applyAdded(x, residual);
  }

  boolean readsAtTargets() {
    MemoryPlacement placement = config.memory();
    return placement != null && placement.readAt() == ReadAt.TARGETS;
  }

  private static Tensor select(Tensor x, @Nullable Tensor rows) {
    return rows == null ? x : x.index_select(0, rows);
  }
}
