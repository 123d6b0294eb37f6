package org.mneme.model;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.Precision;

/// softmax(scale Q K^T) V (Vaswani et al. 2017, section 3.2.1), in float32 whatever the precision
/// of the products around it: libtorch's kernel for bfloat16 takes several times as long.
///
/// @param mask bool, true where attention may look, in a shape that extends to `[batch, heads,
///   time, time]`; null for everywhere, and where `causal` says it all
/// @param causal whether a token looks only at itself and those before it
/// @param scale of the scores, usually 1 / sqrt(headDim)
/// @param dropout share of the weights that is dropped
record DotProductAttention(@Nullable Tensor mask, boolean causal, double scale, double dropout) {
  /// The context `[batch, heads, time, headDim]`, float32 or, for float64, as wide.
  ///
  /// @param query `[batch, heads, time, headDim]`, like `key` and `value`, of any floating type
  Tensor apply(Tensor query, Tensor key, Tensor value) {
    try (var exact = Autocast.off()) {
      Tensor q = Precision.widened(query);
      Tensor k = Precision.widened(key);
      Tensor v = Precision.widened(value);
      if (Precision.isMedium() || dropout > 0) {
        return written(q, k, v);
      }
      return torch.scaled_dot_product_attention(
          q,
          k,
          v,
          mask == null ? new TensorOptional() : new TensorOptional(mask),
          0,
          causal,
          new DoubleOptional(scale),
          false);
    }
  }

  /// The same by products, which `medium` accelerates while it slows libtorch's kernel down, and
  /// with dropout of our own.
  private Tensor written(Tensor q, Tensor k, Tensor v) {
    Tensor scores =
        q.mul(new Scalar(scale)).matmul(k.transpose(2, 3)); // [batch, heads, time, time]
    Tensor allowed = causal ? lowerTriangle(q.size(2)) : mask;
    if (allowed != null) {
      scores = scores.masked_fill(allowed.logical_not(), new Scalar(Double.NEGATIVE_INFINITY));
    }
    return Dropout.apply(scores.softmax(3), dropout, true).matmul(v);
  }

  private static Tensor lowerTriangle(long time) {
    return torch.ones(new long[] {time, time}, new TensorOptions(torch.ScalarType.Bool)).tril();
  }
}
