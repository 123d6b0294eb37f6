package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.model.DecoderBlock.Positions;

/// What the heads of one block of a [CausalTransformer] attend to: the tokens before a token, those
/// in the cache included, and itself.
///
/// @param block its number
/// @param window how many tokens a token sees, itself included, 0 for all before it
/// @param scale of the scores
/// @param dropout share of the weights dropped in training
record DecoderAttention(int block, int window, double scale, double dropout) {
  /// The context `[batch, heads, time, headDim]`.
  ///
  /// @param query `[batch, heads, time, headDim]`
  /// @param key `[batch, keyValueHeads, time, headDim]`, like `value`; heads that follow each other
  ///   share one
  Tensor apply(
      Tensor query, Tensor key, Tensor value, Positions at, HeadOrder order, boolean training) {
    KeyValueCache cache = at.cache();
    Tensor keys = key;
    Tensor values = value;
    if (cache != null) {
      KeyValueCache.Seen seen = cache.append(block, key, value);
      keys = seen.keys();
      values = seen.values();
    }
    long count = keys.size(2);
    boolean all = window == 0 || window >= count;
    boolean causal = all && count == at.time() && count > 1;
    Tensor mask = causal ? null : mask(at.time(), count);
    int sharing = Math.toIntExact(query.size(1) / key.size(1));
    return new DotProductAttention(mask, causal, scale, training ? dropout : 0)
        .apply(query, order.apply(shared(keys, sharing)), order.apply(shared(values, sharing)));
  }

  /// `[batch, keyValueHeads, tokens, headDim]` -> `[batch, heads, tokens, headDim]`
  private static Tensor shared(Tensor x, int sharing) {
    return sharing == 1
        ? x
        : x.unsqueeze(2)
            .expand(x.size(0), x.size(1), sharing, x.size(2), x.size(3))
            .reshape(x.size(0), x.size(1) * sharing, x.size(2), x.size(3));
  }

  /// Bool, true where a query looks, `[time, keys]`; the last key is the last query's own.
  private @Nullable Tensor mask(long time, long keys) {
    Tensor ones = torch.ones(new long[] {time, keys}, new TensorOptions(torch.ScalarType.Bool));
    Tensor before = ones.tril(keys - time);
    return window == 0 ? before : before.logical_and(ones.triu(keys - time + 1 - window));
  }
}
