package org.mneme.memory;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.ProductKeySearch.Selection;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Finds the slots of highest score for every token and head, exactly.
final class KeySearch {
  private KeySearch() {}

  /// What was found: each head's by falling score, of equals the lower slot first. Gradients flow
  /// to the scores selected, not into the selection.
  ///
  /// @param slots `[tokens, heads, k]` int32
  /// @param scores `[tokens, heads, k]`
  record Found(Tensor slots, Tensor scores) {}

  /// The `k` best pairs of half-keys, whose score is the sum of two half-scores.
  ///
  /// @param queries `[tokens, heads * queryDim]`
  /// @param keys `[heads, 2, keysPerSide, queryDim / 2]`
  static Found productKeys(Tensor queries, Tensor keys, int k) {
    try (var scope = new TensorScope()) {
      long tokens = queries.size(0);
      int heads = (int) keys.size(0);
      int keysPerSide = (int) keys.size(2);
      Tensor halves = queries.view(tokens, 2L * heads, keys.size(3)).transpose(0, 1);
      Tensor scores =
          halves
              .bmm(keys.view(2L * heads, keysPerSide, keys.size(3)).transpose(1, 2))
              .view(heads, 2, tokens, keysPerSide);
      Tensor searched = scores.detach().contiguous();
      Selection selection =
          new ProductKeySearch(keysPerSide, k)
              .select(
                  Tensors.memory(searched),
                  searched.scalar_type().intern() == torch.ScalarType.Double,
                  heads,
                  (int) tokens);
      Tensor slots = Tensors.of(selection.slots(), tokens, heads, k);
      Tensor best = Tensors.of(selection.halves(), heads, 2, tokens, k);
      Tensor sums = scores.gather(3, best).sum(1).permute(1, 0, 2); // [tokens, heads, k]
      return new Found(scope.keep(slots.to(torch.ScalarType.Int)), scope.keep(sums));
    }
  }

  /// The `k` best keys.
  ///
  /// @param queries `[tokens, heads * queryDim]`
  /// @param keys `[heads, slots, queryDim]`
  static Found flatKeys(Tensor queries, Tensor keys, int k) {
    try (var scope = new TensorScope()) {
      long tokens = queries.size(0);
      Tensor heads = queries.view(tokens, keys.size(0), keys.size(2)).transpose(0, 1);
      Tensor scores = heads.bmm(keys.transpose(1, 2)).transpose(0, 1); // [tokens, heads, slots]
      Tensor order =
          scores.detach().argsort(true, -1, true).narrow(2, 0, k); // stable: lower slots first
      return new Found(
          scope.keep(order.to(torch.ScalarType.Int)), scope.keep(scores.gather(2, order)));
    }
  }
}
