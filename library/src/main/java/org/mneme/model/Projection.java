package org.mneme.model;

import org.bytedeco.pytorch.Tensor;

/// A linear layer, as it is trained or as inference prepared it.
sealed interface Projection permits Linear, PackedLinear {
  /// x `[rows, in]` -> `[rows, out]`
  Tensor apply(Tensor x);

  /// activation(x W^T + b), `[rows, out]`
  default Tensor applyActivated(Tensor x, Activation activation) {
    return activation.apply(apply(x));
  }

  /// x W^T + b + residual, both `[rows, out]`
  default Tensor applyAdded(Tensor x, Tensor residual) {
    return apply(x).add(residual);
  }
}
