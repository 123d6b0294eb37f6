package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// x -> x W + b: GPT-2 stores its weights the other way round than [Linear].
///
/// @param weight `[in, out]`
/// @param bias `[out]`
record TransposedLinear(Tensor weight, Tensor bias) {
  /// Adds `name.weight`, normal with that standard deviation, and `name.bias`, zeros.
  static TransposedLinear create(
      Parameters parameters, String name, int in, int out, double deviation) {
    return new TransposedLinear(
        parameters.parameter(name + ".weight", Randomness.normal(deviation, in, out)),
        parameters.parameter(name + ".bias", Tensors.zeros(torch.ScalarType.Float, out)));
  }

  /// x `[rows, in]` -> `[rows, out]`
  Tensor apply(Tensor x) {
    return Precision.isMedium() ? x.mm(weight).add_(bias) : torch.addmm(bias, x, weight);
  }

  /// The outputs from `from` on, `count` of them, as views in the open scope.
  TransposedLinear part(long from, long count) {
    return new TransposedLinear(weight.narrow(1, from, count), bias.narrow(0, from, count));
  }

  /// The same for inference, as `how` says.
  PreparedLinear prepared(Preparation how, String name) {
    try (var scope = new TensorScope()) {
      return PreparedLinear.of(weight.t(), bias, how, name);
    }
  }
}
