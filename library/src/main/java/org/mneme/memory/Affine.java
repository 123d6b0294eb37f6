package org.mneme.memory;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// x -> x W^T + b.
///
/// @param weight `[out, in]`
/// @param bias `[out]`
record Affine(Tensor weight, Tensor bias) {
  /// Adds `name.weight` and `name.bias`, uniform within `1 / sqrt(in)`.
  static Affine uniform(InitialWeights weights, String name, long in, long out) {
    double bound = 1 / Math.sqrt(in);
    return new Affine(
        weights.uniform(name + ".weight", bound, out, in),
        weights.uniform(name + ".bias", bound, out));
  }

  /// The same with normal weights of a standard deviation, and a bias of zeros.
  static Affine normal(InitialWeights weights, String name, double deviation, long in, long out) {
    return new Affine(
        weights.normal(name + ".weight", deviation, out, in),
        weights.constant(name + ".bias", 0, out));
  }

  /// x `[rows, in]` -> `[rows, out]`
  Tensor apply(Tensor x) {
    return torch.linear(x, weight, new TensorOptional(bias));
  }
}
