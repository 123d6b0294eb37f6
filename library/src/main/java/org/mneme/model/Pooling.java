package org.mneme.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// How the vectors of a text's tokens become one.
public enum Pooling {
  /// The mean over real tokens.
  MEAN,
  /// The first token's vector.
  CLS;

  /// The pooled vectors `[batch, dim]`.
  ///
  /// @param hidden `[batch, time, dim]`
  /// @param mask `[batch, time]`, 1 for real tokens and 0 for padding
  public Tensor pool(Tensor hidden, Tensor mask) {
    return switch (this) {
      case CLS -> hidden.select(1, 0);
      case MEAN -> {
        Tensor weights = mask.to(hidden.scalar_type()).unsqueeze(2); // [batch, time, 1]
        Tensor counts = torch.clamp_min(weights.sum(1), new Scalar(1.0)); // [batch, 1]
        yield hidden.mul(weights).sum(1).div(counts);
      }
    };
  }
}
