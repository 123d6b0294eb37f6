package org.mneme.model;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.Tensors;

/// What an encoder reads.
///
/// @param ids `[batch, time]` int64
/// @param mask `[batch, time]` int64, 1 for real tokens and 0 for padding; null where nothing is
///   padded
/// @param types `[batch, time]` int64 token types; null for all zero
/// @param past what a causal model knows of the same texts before these tokens; null where each row
///   is one text from its beginning
public record TokenInput(
    Tensor ids, @Nullable Tensor mask, @Nullable Tensor types, @Nullable Past past) {
  /// Checks that the shapes agree.
  public TokenInput {
    Shapes.require(ids, "ids", Shapes.ANY, Shapes.ANY);
    if (mask != null) {
      Shapes.require(mask, "mask", ids.size(0), ids.size(1));
    }
    if (types != null) {
      Shapes.require(types, "types", ids.size(0), ids.size(1));
    }
    if (past != null) {
      long time = past instanceof SegmentMemory.Part part ? part.time() : Shapes.ANY;
      Shapes.require(ids, "ids", past.rows(), time);
    }
  }

  /// The same of texts from their beginning.
  public TokenInput(Tensor ids, @Nullable Tensor mask, @Nullable Tensor types) {
    this(ids, mask, types, null);
  }

  /// Throws where a text is longer than the model can read, or a token is not in its vocabulary.
  void requireFits(ArchitectureConfig config) {
    long before = past instanceof KeyValueCache cache ? cache.tokens() : 0;
    if (before + time() > config.maxTokens()) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          "max_position_embeddings",
          "a text of %d tokens is longer than the model's %d; truncate it"
              .formatted(before + time(), config.maxTokens()));
    }
    for (long id : Tensors.longs(ids)) {
      if (id < 0 || id >= config.vocabulary()) {
        throw new InvalidInputException(
            InvalidInputException.Kind.DATA,
            "vocab_size",
            "token id %d is outside the model's vocabulary of %d; the tokenizer is another model's"
                .formatted(id, config.vocabulary()));
      }
    }
  }

  /// What a recurrent model remembers of the texts, and where documents begin; null for nothing.
  SegmentMemory.@Nullable Part segments() {
    return switch (past) {
      case null -> null;
      case SegmentMemory.Part part -> part;
      case KeyValueCache _ ->
          throw new IllegalArgumentException("a cache of keys and values for a recurrent model");
    };
  }

  /// Keys and values of the tokens before; null for none.
  @Nullable KeyValueCache cache() {
    return switch (past) {
      case null -> null;
      case KeyValueCache cache -> cache;
      case SegmentMemory.Part _ ->
          throw new IllegalArgumentException("a memory of segments for a model without one");
    };
  }

  /// Texts in the batch.
  public long batch() {
    return ids.size(0);
  }

  /// Tokens of the longest text.
  public long time() {
    return ids.size(1);
  }

  /// Where each text begins in the flat list of batch x time tokens, `[batch]` int64.
  Tensor firstTokens() {
    long[] first = LongStream.range(0, batch()).map(row -> row * time()).toArray();
    return Tensors.of(first, first.length);
  }

  /// The positions at which a causal model reads memories of slots, `[readers]`; null for all.
  ///
  /// @param targets where the loss is asked for; null for everywhere
  @Nullable Tensor readers(ArchitectureConfig config, @Nullable Tensor targets) {
    MemoryPlacement memory = config.memory();
    if (targets != null && memory != null && memory.readAt() == ReadAt.TARGETS) {
      return targets;
    }
    if (mask == null) {
      return null;
    }
    requirePaddingLast(Tensors.longs(mask), Math.toIntExact(time()));
    return mask.reshape(-1).nonzero().view(-1);
  }

  private static void requirePaddingLast(long[] mask, int time) {
    for (int i = 1; i < mask.length; i++) {
      if (i % time != 0 && mask[i] != 0 && mask[i - 1] == 0) {
        throw new InvalidInputException(
            InvalidInputException.Kind.DATA,
            "mask",
            "row %d of a batch has padding before a token; a causal model wants it at the end"
                .formatted(i / time));
      }
    }
  }

  /// The texts from `from` on, `rows` of them, as views in the open scope.
  TokenInput rows(long from, long rows) {
    return new TokenInput(
        ids.narrow(0, from, rows),
        mask == null ? null : mask.narrow(0, from, rows),
        types == null ? null : types.narrow(0, from, rows));
  }
}
