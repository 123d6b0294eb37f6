package org.mneme.model;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;

/// x -> weight * x / sqrt(mean(x^2) + eps) over the last axis (Zhang & Sennrich 2019).
///
/// @param weight `[dim]`
record RmsNorm(Tensor weight, double eps) implements Norm {
  /// Adds `name.weight` (ones).
  static RmsNorm create(Parameters parameters, String name, int dim, double eps) {
    Tensor ones = torch.ones(new long[] {dim}, new TensorOptions(torch.ScalarType.Float));
    return new RmsNorm(parameters.parameter(name + ".weight", ones), eps);
  }

  @Override
  public Tensor apply(Tensor x) {
    return torch.rms_norm(
        x, new long[] {weight.size(0)}, new TensorOptional(weight), new DoubleOptional(eps));
  }
}
