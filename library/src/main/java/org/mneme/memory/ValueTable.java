package org.mneme.memory;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.TensorScope;

/// The rows of a memory and how tokens read them. The gradient of the rows is sparse.
public final class ValueTable {
  private static final long SUM = 0; // embedding_bag's mode

  private final Tensor values;

  ValueTable(Tensor values) {
    this.values = values;
  }

  /// The rows `[slots, dim]`, a parameter.
  public Tensor values() {
    return values;
  }

  /// The weighted sums `[tokens, dim]` of the rows `slots` `[tokens, reads]` int32, with weights
  /// `[tokens, reads]`.
  Tensor read(Tensor slots, Tensor weights) {
    try (var scope = new TensorScope()) {
      long reads = slots.size(1);
      Tensor starts =
          torch.arange(
              new Scalar(0L),
              new Scalar(slots.numel()),
              new Scalar(reads),
              new TensorOptions(torch.ScalarType.Long)); // [tokens]
      Tensor shares = weights.reshape(slots.numel()).to(values.scalar_type());
      var sums =
          torch.embedding_bag(
              values,
              slots.to(torch.ScalarType.Long).reshape(slots.numel()),
              starts,
              false,
              SUM,
              true,
              new TensorOptional(shares),
              false);
      return scope.keep(sums.get0());
    }
  }

  /// The products `[tokens, reads]` of the rows `slots` `[tokens, reads]` int32 with each token's
  /// vector, `vectors` `[tokens, dim]`.
  Tensor dot(Tensor slots, Tensor vectors) {
    try (var scope = new TensorScope()) {
      Tensor rows =
          torch.embedding(values, slots.to(torch.ScalarType.Long), -1, false, true); // [t, r, dim]
      return scope.keep(rows.mul(vectors.unsqueeze(1)).sum(-1));
    }
  }
}
