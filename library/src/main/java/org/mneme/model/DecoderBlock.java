package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.tensor.Parameters;

/// One block of a [CausalTransformer]: h = x + attention(norm(x)), then h + FFN(norm(h)), h +
/// FFN(norm(h)) + memory(norm(h)), or h + memory(norm(h)).
final class DecoderBlock implements Blocks.Block {
  private final DecoderConfig config;
  private final Norm attentionNorm;
  private final Attention attention;
  private final Norm feedForwardNorm;
  private final @Nullable FeedForward feedForward;
  private final @Nullable MemoryLayer memory;
  private final double dropout; // of what attention and feed-forward add
  private HeadOrder headOrder = HeadOrder.OWN;

  /// Attention with its projections.
  sealed interface Attention
      permits Gpt2Layers.Attention, LlamaLayers.Attention, PreparedLayers.Attention {
    /// x `[tokens, dim]` -> the same shape
    Tensor apply(Tensor x, Positions at, HeadOrder order, boolean training);
  }

  /// What is computed for each token by itself.
  sealed interface FeedForward
      permits Gpt2Layers.FeedForward, LlamaLayers.FeedForward, PreparedLayers.FeedForward {
    /// x `[tokens, dim]` -> the same shape
    Tensor apply(Tensor x);
  }

  /// Where things are in the flat list of tokens.
  ///
  /// @param readers `[readers]` int64 positions that read memories; null for all
  /// @param turns of queries and keys by their positions; null for none
  /// @param cache of the tokens before; null for none
  record Positions(
      long batch,
      long time,
      @Nullable Tensor readers,
      Rotary.@Nullable Turns turns,
      @Nullable KeyValueCache cache) {
    /// The same for a block without memory that runs again in the backward pass.
    Positions saved() {
      return new Positions(batch, time, null, turns == null ? null : turns.saved(), null);
    }

    /// `[tokens, heads * headDim]` -> `[batch, heads, time, headDim]`
    Tensor heads(Tensor x, int heads) {
      return x.view(batch, time, heads, x.size(1) / heads).transpose(1, 2);
    }

    /// `[batch, heads, time, headDim]` -> `[tokens, heads * headDim]`
    Tensor joined(Tensor x) {
      return x.transpose(1, 2).reshape(batch * time, -1);
    }
  }

  private DecoderBlock(
      DecoderConfig config,
      Norm attentionNorm,
      Attention attention,
      Norm feedForwardNorm,
      @Nullable FeedForward feedForward,
      @Nullable MemoryLayer memory,
      double dropout) {
    this.config = config;
    this.attentionNorm = attentionNorm;
    this.attention = attention;
    this.feedForwardNorm = feedForwardNorm;
    this.feedForward = feedForward;
    this.memory = memory;
    this.dropout = dropout;
  }

  /// A block with freshly drawn weights.
  ///
  /// @param tables that the memories of all blocks have in common
  static DecoderBlock create(
      DecoderConfig config,
      Parameters parameters,
      String prefix,
      int index,
      long seed,
      SharedTables tables) {
    MemoryPlacement placement = config.memoryAt(index);
    boolean feeds = placement == null || placement.placement() != Placement.REPLACE;
    return switch (config) {
      case Gpt2Config gpt2 ->
          new DecoderBlock(
              gpt2,
              LayerNorm.create(parameters, prefix + "ln_1", gpt2.dim(), gpt2.layerNormEps()),
              Gpt2Layers.attention(gpt2, parameters, prefix, index),
              LayerNorm.create(parameters, prefix + "ln_2", gpt2.dim(), gpt2.layerNormEps()),
              feeds ? Gpt2Layers.feedForward(gpt2, parameters, prefix) : null,
              memory(placement, parameters, prefix, seed, tables),
              gpt2.dropout().residual());
      case LlamaConfig llama -> {
        var adapters = new Adapter.Maker(llama.adapters(), parameters, index, seed);
        yield new DecoderBlock(
            llama,
            RmsNorm.create(parameters, prefix + "input_layernorm", llama.dim(), llama.rmsNormEps()),
            LlamaLayers.attention(llama, adapters, prefix),
            RmsNorm.create(
                parameters, prefix + "post_attention_layernorm", llama.dim(), llama.rmsNormEps()),
            feeds ? LlamaLayers.feedForward(llama, adapters, prefix) : null,
            memory(placement, parameters, prefix, seed, tables),
            0);
      }
    };
  }

  private static @Nullable MemoryLayer memory(
      @Nullable MemoryPlacement placement,
      Parameters parameters,
      String prefix,
      long seed,
      SharedTables tables) {
    return placement == null
        ? null
        : MemoryLayer.create(placement.layer(), parameters, prefix + "memory.", seed, tables);
  }

  /// This block for inference as `how` says; norms and memory are shared.
  ///
  /// @param name what the names of the weights begin with
  PreparedLayers.Block prepared(Preparation how, String name) {
    var prepared = PreparedLayers.Attention.of(attention, how, name);
    var feeds = PreparedLayers.FeedForward.of(feedForward, how, name);
    return new PreparedLayers.Block(
        new DecoderBlock(config, attentionNorm, prepared, feedForwardNorm, feeds, memory, dropout),
        attentionNorm,
        prepared,
        feedForwardNorm,
        feeds,
        memory);
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

  /// x `[tokens, dim]` -> `[tokens, dim]`
  Tensor apply(Tensor x, Positions at, boolean training) {
    return fromMemory(beforeMemory(x, at, training), at, training);
  }

  /// What a block has come to when its memory is about to read.
  ///
  /// @param normed `[tokens, dim]`, what the memory reads
  /// @param sum `[tokens, dim]`, what it adds to
  record AtMemory(Tensor normed, Tensor sum) {}

  /// x `[tokens, dim]` -> all but the memory
  AtMemory beforeMemory(Tensor x, Positions at, boolean training) {
    HeadOrder order = training ? headOrder : HeadOrder.OWN;
    Tensor attended = attention.apply(attentionNorm.apply(x), at, order, training);
    Tensor h = x.add(Dropout.apply(attended, dropout, training));
    Tensor normed = feedForwardNorm.apply(h);
    Tensor sum =
        feedForward == null
            ? h
            : h.add(Dropout.apply(feedForward.apply(normed), dropout, training));
    return new AtMemory(normed, sum);
  }

  /// The rest of the block, `[tokens, dim]`.
  Tensor fromMemory(AtMemory before, Positions at, boolean training) {
    return memory == null
        ? before.sum()
        : memory.addTo(before.sum(), before.normed(), at.readers(), training);
  }
}
