package org.mneme.memory;

import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.kernel.Kernels;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.Tensors;

/// Every engine, and inputs for them.
public final class Engines {
  private Engines() {}

  /// With the Vector API, in plain Java, and libtorch's operations.
  public static List<MemoryEngine> all() {
    return List.of(
        new KernelEngine(Kernels.vector()), new KernelEngine(Kernels.plain()), new TorchEngine());
  }

  /// Those of our own kernels.
  static List<MemoryEngine> kernels() {
    return all().subList(0, 2);
  }

  /// Normally distributed float32.
  static Tensor gaussian(Random random, long... shape) {
    float[] numbers = new float[count(shape)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return Tensors.of(numbers, shape);
  }

  /// Multiples of 1/64, whose sums are exact and often equal.
  static Tensor steps(Random random, long... shape) {
    float[] numbers = new float[count(shape)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextInt(-320, 320) / 64f;
    }
    return Tensors.of(numbers, shape);
  }

  /// int32 from 0 to `below`, exclusive.
  static Tensor slots(Random random, int below, long... shape) {
    long[] numbers = random.longs(count(shape), 0, below).toArray();
    return Tensors.of(numbers, shape).to(torch.ScalarType.Int);
  }

  private static int count(long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return Math.toIntExact(count);
  }

  /// What `work` gives when operations of this thread have that many threads.
  static <T> T withThreads(int threads, Supplier<T> work) {
    int before = NativeRuntime.threads();
    torch.set_num_threads(threads);
    try {
      return work.get();
    } finally {
      torch.set_num_threads(before);
    }
  }
}
