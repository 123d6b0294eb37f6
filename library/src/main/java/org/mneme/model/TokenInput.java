package org.mneme.model;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.Tensors;

/// What an encoder reads.
///
/// @param ids `[batch, time]` int64
/// @param mask `[batch, time]` int64, 1 for real tokens and 0 for padding; null where nothing is
///   padded
/// @param types `[batch, time]` int64 token types; null for all zero
public record TokenInput(Tensor ids, @Nullable Tensor mask, @Nullable Tensor types) {
  /// Checks that the shapes agree.
  public TokenInput {
    Shapes.require(ids, "ids", Shapes.ANY, Shapes.ANY);
    if (mask != null) {
      Shapes.require(mask, "mask", ids.size(0), ids.size(1));
    }
    if (types != null) {
      Shapes.require(types, "types", ids.size(0), ids.size(1));
    }
  }

  /// Throws where a text is longer than the model can read, or a token is not in its vocabulary.
  void requireFits(ArchitectureConfig config) {
    if (time() > config.maxTokens()) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          "max_position_embeddings",
          "a text of %d tokens is longer than the model's %d; truncate it"
              .formatted(time(), config.maxTokens()));
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

  /// The texts from `from` on, `rows` of them, as views in the open scope.
  TokenInput rows(long from, long rows) {
    return new TokenInput(
        ids.narrow(0, from, rows),
        mask == null ? null : mask.narrow(0, from, rows),
        types == null ? null : types.narrow(0, from, rows));
  }
}
