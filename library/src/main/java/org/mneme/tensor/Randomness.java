package org.mneme.tensor;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Seeds: one number derived from another and a place, so that no two layers, heads or steps draw
/// alike and a run can be taken up anywhere.
public final class Randomness {
  private Randomness() {}

  /// A seed for the place `path` under `seed`: the same for the same arguments, unrelated for
  /// others (SplitMix64).
  public static long derive(long seed, long... path) {
    long state = mix(seed + 0x9E3779B97F4A7C15L);
    for (long part : path) {
      state = mix(state ^ mix(part + 0x9E3779B97F4A7C15L));
    }
    return state;
  }

  /// Seeds libtorch's generator, which draws initial weights and the seeds of dropout.
  public static void seed(long seed) {
    NativeRuntime.start();
    torch.manual_seed(seed);
  }

  /// A seed from libtorch's generator.
  public static long draw() {
    try (var scope = new TensorScope()) {
      return derive(Tensors.empty(torch.ScalarType.Long, 1).random_(noGenerator()).item_long());
    }
  }

  /// A float32 tensor of `shape`, uniform in `[-bound, bound)`, from libtorch's generator.
  public static Tensor uniform(double bound, long... shape) {
    return Tensors.empty(torch.ScalarType.Float, shape).uniform_(-bound, bound, noGenerator());
  }

  /// A float32 tensor of `shape`, normal with mean 0 and that standard deviation, from libtorch's
  /// generator.
  public static Tensor normal(double deviation, long... shape) {
    return Tensors.empty(torch.ScalarType.Float, shape).normal_(0, deviation, noGenerator());
  }

  private static org.bytedeco.pytorch.GeneratorOptional noGenerator() {
    return new org.bytedeco.pytorch.GeneratorOptional();
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
