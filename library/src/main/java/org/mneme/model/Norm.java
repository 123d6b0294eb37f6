package org.mneme.model;

import org.bytedeco.pytorch.Tensor;

/// A normalisation over the last axis.
sealed interface Norm permits LayerNorm, RmsNorm {
  /// x `[..., dim]` -> the same shape
  Tensor apply(Tensor x);
}
