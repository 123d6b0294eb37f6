package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Shapes;

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

  /// Texts in the batch.
  public long batch() {
    return ids.size(0);
  }

  /// Tokens of the longest text.
  public long time() {
    return ids.size(1);
  }

  /// The texts from `from` on, `rows` of them, as views in the open scope.
  TokenInput rows(long from, long rows) {
    return new TokenInput(
        ids.narrow(0, from, rows),
        mask == null ? null : mask.narrow(0, from, rows),
        types == null ? null : types.narrow(0, from, rows));
  }
}
