package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.Rows;
import org.mneme.memory.kernel.TokenKernels;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;

/// x -> x W^T + b for inference, of float32 or bfloat16 weights: of many rows by libtorch, of one
/// by the kernels that read each weight once. What goes in and comes out is float32.
final class PreparedLinear {
  private final Tensor weight; // [out, in]
  private final @Nullable Tensor bias; // [out], float32
  private final Rows rows;
  private final long biasAddress;

  private PreparedLinear(Tensor weight, @Nullable Tensor bias) {
    this.weight = weight;
    this.bias = bias;
    boolean brain = weight.scalar_type().intern() == torch.ScalarType.BFloat16;
    rows =
        new Rows(
            weight.data_ptr().address(),
            Math.toIntExact(weight.size(1)),
            brain ? Rows.Type.BFLOAT16 : Rows.Type.FLOAT32);
    biasAddress = bias == null ? 0 : bias.data_ptr().address();
  }

  /// Of a weight `[out, in]` and a bias `[out]`, which `owner` keeps under `name`: shared where
  /// they are of the type and in the order that is wanted, else copied.
  ///
  /// @param type of the weight
  static PreparedLinear of(
      Tensor weight, @Nullable Tensor bias, torch.ScalarType type, Parameters owner, String name) {
    return new PreparedLinear(
        kept(weight, type, owner, name + ".weight"),
        bias == null ? null : kept(bias, torch.ScalarType.Float, owner, name + ".bias"));
  }

  /// `tensor` as numbers of `type`, row after row.
  static Tensor kept(Tensor tensor, torch.ScalarType type, Parameters owner, String name) {
    try (var scope = new TensorScope()) {
      return owner.buffer(name, tensor.detach().to(type).contiguous());
    }
  }

  /// Numbers that come out for a row.
  int out() {
    return Math.toIntExact(weight.size(0));
  }

  /// Bytes of the weights of one number that comes out.
  int rowBytes() {
    return rows.dim() * rows.type().bytes();
  }

  /// x `[rows, in]` -> `[rows, out]`
  Tensor apply(Tensor x) {
    if (rows.type() == Rows.Type.FLOAT32) {
      return Linear.apply(x, weight, bias);
    }
    Tensor product = Precision.widened(Linear.apply(x.to(torch.ScalarType.BFloat16), weight, null));
    return bias == null ? product : product.add_(bias);
  }

  /// Numbers `from` to `to` of one row.
  ///
  /// @param x address of `[in]`
  /// @param out address of `[out]`
  void apply(TokenKernels kernels, long x, long out, int from, int to) {
    kernels.product(rows, biasAddress, x, out, from, to);
  }
}
