package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.OneDnn;
import org.mneme.tensor.OneDnn.After;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;

/// x -> x W^T + b by oneDNN, with W in its own layout. Products of bfloat16 take any x, round it,
/// and return bfloat16.
///
/// @param packed W `[out, in]`, see [OneDnn#pack]
/// @param bias `[out]`, of the weight's type
record PackedLinear(Tensor packed, Tensor bias) implements Projection {
  /// A copy of `linear` with weights of `type`, which `owner` keeps under `name`.
  static PackedLinear of(Linear linear, torch.ScalarType type, Parameters owner, String name) {
    try (var scope = new TensorScope()) {
      return new PackedLinear(
          owner.buffer(name + ".packed", OneDnn.pack(linear.weight().detach().to(type))),
          owner.buffer(name + ".bias", linear.bias().detach().to(type).clone()));
    }
  }

  private Tensor input(Tensor x) {
    torch.ScalarType type = bias.scalar_type().intern();
    return x.scalar_type().intern() == type && x.is_contiguous() ? x : x.to(type).contiguous();
  }

  @Override
  public Tensor apply(Tensor x) {
    return OneDnn.linear(input(x), packed, bias, After.NOTHING);
  }

  @Override
  public Tensor applyActivated(Tensor x, Activation activation) {
    return OneDnn.linear(input(x), packed, bias, activation.after());
  }

  @Override
  public Tensor applyAdded(Tensor x, Tensor residual) {
    return OneDnn.linearAdd(input(x), input(residual), packed, bias);
  }
}
