package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Tensors;

/// x -> x W^T + b.
///
/// @param weight `[out, in]`
/// @param bias `[out]`
record Linear(Tensor weight, Tensor bias) implements Projection {
  /// Adds `name.weight` and `name.bias`; weights normal with standard deviation 0.02, biases zero
  /// (BERT's).
  static Linear create(Parameters parameters, String name, int in, int out) {
    return create(parameters, name, in, out, 0.02);
  }

  /// The same with another standard deviation.
  static Linear create(Parameters parameters, String name, int in, int out, double deviation) {
    return new Linear(
        parameters.parameter(name + ".weight", Randomness.normal(deviation, out, in)),
        parameters.parameter(name + ".bias", Tensors.zeros(torch.ScalarType.Float, out)));
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, weight, bias);
  }

  /// x W^T + b: x `[rows, in]`, weight `[out, in]` -> `[rows, out]`, without b where it is null.
  /// Products in [org.mneme.tensor.Precision#MEDIUM] are faster only without bias.
  static Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (bias == null) {
      return Precision.isMedium()
          ? x.mm(weight.t())
          : torch.linear(x, weight, new TensorOptional());
    }
    return Precision.isMedium()
        ? x.mm(weight.t()).add_(bias)
        : torch.linear(x, weight, new TensorOptional(bias));
  }
}
