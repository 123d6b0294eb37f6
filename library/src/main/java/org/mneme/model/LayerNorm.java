package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Tensors;

/// Layer normalisation over the last axis (Ba et al. 2016).
///
/// @param weight `[dim]`
/// @param bias `[dim]`
record LayerNorm(Tensor weight, Tensor bias, double eps) {
  /// Adds `name.weight` (ones) and `name.bias` (zeros).
  static LayerNorm create(Parameters parameters, String name, int dim, double eps) {
    Tensor ones = torch.ones(new long[] {dim}, new TensorOptions(torch.ScalarType.Float));
    return new LayerNorm(
        parameters.parameter(name + ".weight", ones),
        parameters.parameter(name + ".bias", Tensors.zeros(torch.ScalarType.Float, dim)),
        eps);
  }

  /// x `[..., dim]` -> the same shape
  Tensor apply(Tensor x) {
    return torch.layer_norm(
        x,
        new long[] {weight.size(0)},
        new TensorOptional(weight),
        new TensorOptional(bias),
        eps,
        false);
  }
}
