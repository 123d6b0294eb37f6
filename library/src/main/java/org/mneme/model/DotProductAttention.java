package org.mneme.model;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.Precision;

/// softmax(Q K^T / sqrt(headDim)) V (Vaswani et al. 2017, section 3.2.1), in float32 whatever the
/// precision of the products around it: libtorch's kernel for bfloat16 takes several times as long.
final class DotProductAttention {
  private DotProductAttention() {}

  /// The context `[batch, heads, time, headDim]`, float32 or, for float64, as wide.
  ///
  /// @param query `[batch, heads, time, headDim]`, like `key` and `value`, of any floating type
  /// @param mask bool, true where attention may look, in a shape that extends to `[batch, heads,
  ///   time, time]`; null for everywhere
  /// @param dropout share of the weights that is dropped
  static Tensor apply(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double dropout) {
    try (var exact = Autocast.off()) {
      Tensor q = Precision.widened(query);
      Tensor k = Precision.widened(key);
      Tensor v = Precision.widened(value);
      if (Precision.isMedium()) {
        return written(q, k, v, mask, dropout);
      }
      return torch.scaled_dot_product_attention(
          q,
          k,
          v,
          mask == null ? new TensorOptional() : new TensorOptional(mask),
          dropout,
          false,
          new DoubleOptional(),
          false);
    }
  }

  /// The same by products, which `medium` accelerates while it slows libtorch's kernel down.
  private static Tensor written(
      Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, double dropout) {
    Scalar scale = new Scalar(1 / Math.sqrt(q.size(3)));
    Tensor scores = q.mul(scale).matmul(k.transpose(2, 3)); // [batch, heads, time, time]
    if (mask != null) {
      scores = scores.masked_fill(mask.logical_not(), new Scalar(Double.NEGATIVE_INFINITY));
    }
    return Dropout.apply(scores.softmax(3), dropout, true).matmul(v);
  }
}
