package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;

/// The last product of a language model, which scores every word: h -> h W^T + b. Owns nothing.
///
/// @param weight `[vocabulary, dim]`
/// @param bias `[vocabulary]`, or null
public record Decoder(Tensor weight, @Nullable Tensor bias) {
  /// hidden `[rows, dim]` -> `[rows, vocabulary]`, float32 or wider in every precision.
  public Tensor scores(Tensor hidden) {
    try (var scope = new TensorScope()) {
      return scope.keep(Precision.widened(Linear.apply(hidden, weight, bias)));
    }
  }

  /// The same into `scores`, which has the type of all the others, and without gradients: the
  /// caller records none.
  public void scores(Tensor hidden, Tensor scores) {
    try (var scope = new TensorScope()) {
      if (bias == null || Precision.isMedium()) {
        var unused = torch.mm_out(scores, hidden, weight.t());
      } else {
        var unused = torch.addmm_out(scores, bias, hidden, weight.t());
      }
      if (bias != null && Precision.isMedium()) {
        var unused = scores.add_(bias);
      }
    }
  }

  /// The same weights without history, as numbers of `type`.
  public Decoder as(torch.ScalarType type) {
    try (var scope = new TensorScope()) {
      return new Decoder(
          scope.keep(weight.detach().to(type)),
          bias == null ? null : scope.keep(bias.detach().to(type)));
    }
  }
}
