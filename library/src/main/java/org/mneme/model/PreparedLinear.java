package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.Rows;
import org.mneme.memory.kernel.TokenKernels;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// x -> x W^T + b for inference, of float32 or bfloat16 weights: of many rows by libtorch, of one
/// by the kernels that read each weight once. What goes in and comes out is float32.
final class PreparedLinear {
  private static final int LEAST_ROWS = 16; // that a worker takes

  private final Tensor weight; // [out, in]
  private final @Nullable Tensor bias; // [out], float32
  private final Workers workers;
  private final Rows rows;
  private final long biasAddress;

  private PreparedLinear(Tensor weight, @Nullable Tensor bias, Workers workers) {
    this.weight = weight;
    this.bias = bias;
    this.workers = workers;
    boolean brain = weight.scalar_type().intern() == torch.ScalarType.BFloat16;
    rows =
        new Rows(
            weight.data_ptr().address(),
            Math.toIntExact(weight.size(1)),
            brain ? Rows.Type.BFLOAT16 : Rows.Type.FLOAT32);
    biasAddress = bias == null ? 0 : bias.data_ptr().address();
  }

  /// Of a weight `[out, in]` and a bias `[out]`: shared where they are of the type and in the order
  /// that is wanted, else copied.
  ///
  /// @param name under which their owner keeps them
  static PreparedLinear of(Tensor weight, @Nullable Tensor bias, Preparation how, String name) {
    return new PreparedLinear(
        kept(weight, how.type(), how.owner(), name + ".weight"),
        bias == null ? null : kept(bias, torch.ScalarType.Float, how.owner(), name + ".bias"),
        how.workers());
  }

  /// `tensor` as numbers of `type`, row after row, which `owner` keeps under `name`.
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

  /// x `[rows, in]` -> `[rows, out]`, the rows shared out among the workers
  Tensor apply(Tensor x) {
    long count = x.size(0);
    int parts = (int) Math.min(workers.count(), count / LEAST_ROWS);
    if (parts < 2) {
      return product(x);
    }
    Tensor all = Tensors.empty(torch.ScalarType.Float, count, out());
    List<Supplier<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      long from = count * i / parts;
      long some = count * (i + 1) / parts - from;
      tasks.add(() -> {
        try (var scope = new TensorScope();
            var unrecorded = new NoGradGuard()) {
          var unused = all.narrow(0, from, some).copy_(product(x.narrow(0, from, some)));
          return true;
        }
      });
    }
    var unused = workers.all(tasks);
    return all;
  }

  private Tensor product(Tensor x) {
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
