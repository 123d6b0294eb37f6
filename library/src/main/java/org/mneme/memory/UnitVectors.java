package org.mneme.memory;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Brings vectors to length 1.
final class UnitVectors {
  private static final double SHORTEST = 1e-12;

  private UnitVectors() {}

  /// `vectors` `[..., dim]` divided by their lengths; a vector of zeros stays one.
  static Tensor of(Tensor vectors) {
    Tensor length =
        torch.linalg_vector_norm(
            vectors, new Scalar(2), new long[] {-1}, true, new ScalarTypeOptional());
    return vectors.div(length.clamp_min(new Scalar(SHORTEST)));
  }
}
