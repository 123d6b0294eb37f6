package org.mneme.memory;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.kernel.DropoutNoise;
import org.mneme.memory.kernel.Rows;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Sets a share of the elements to zero in training and scales the rest up (Srivastava et al.
/// 2014). The noise is our own: libtorch's takes a fourth of a step.
public final class Dropout {
  /// How many places one seed is for.
  public static final long MOST_PLACES = 1 << 30;

  private Dropout() {}

  /// x -> same shape; x itself outside training or for share 0.
  public static Tensor apply(Tensor x, double share, boolean training) {
    if (!training || share == 0) {
      return x;
    }
    try (var scope = new TensorScope()) {
      Tensor noise =
          noise(Randomness.draw(), share, x.scalar_type().intern(), x.sizes().vec().get());
      return scope.keep(x.mul(noise));
    }
  }

  /// What to multiply numbers of `shape` with: 0, or 1 / (1 - share), the same for the same seed.
  public static Tensor noise(long seed, double share, torch.ScalarType type, long... shape) {
    try (var scope = new TensorScope()) {
      boolean brain = type == torch.ScalarType.BFloat16;
      Tensor noise = Tensors.empty(brain ? type : torch.ScalarType.Float, shape);
      Rows.Type numbers = brain ? Rows.Type.BFLOAT16 : Rows.Type.FLOAT32;
      long address = noise.data_ptr().address();
      for (long from = 0; from < noise.numel(); from += MOST_PLACES) {
        int count = (int) Math.min(MOST_PLACES, noise.numel() - from);
        long own = from == 0 ? seed : Randomness.derive(seed, from);
        DropoutNoise.fill(own, share, numbers, address + from * numbers.bytes(), count);
      }
      return scope.keep(noise.to(type));
    }
  }
}
