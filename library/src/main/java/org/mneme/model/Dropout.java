package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Sets a share of the elements to zero in training and scales the rest up.
final class Dropout {
  private Dropout() {}

  /// x -> same shape; x itself outside training or for share 0.
  static Tensor apply(Tensor x, double share, boolean training) {
    return training && share > 0 ? torch.dropout(x, share, true) : x;
  }
}
