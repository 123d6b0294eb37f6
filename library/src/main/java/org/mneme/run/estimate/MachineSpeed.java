package org.mneme.run.estimate;

import java.util.Collections;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Workers;

/// What this machine does in a second, now: both are measured as a step works, by one worker a
/// processor.
///
/// @param multiplyAdds of products of matrices, all workers together
/// @param bytes read and written by plain operations, all workers together
public record MachineSpeed(double multiplyAdds, double bytes) {
  private static final int WORKERS = 2;
  private static final double SECONDS = 1;
  private static final long ROWS = 640;
  private static final long INNER = 1536;
  private static final long ELEMENTS = 8 << 20;

  /// Measures it, in some two seconds.
  ///
  /// @param dim width of the products
  public static MachineSpeed measure(Precision precision, int dim) {
    try (Workers workers = new Workers(WORKERS);
        var products = precision.openForProcess()) {
      double product = rate(workers, () -> products(precision, dim));
      double plain = rate(workers, MachineSpeed::sums);
      return new MachineSpeed(product, plain);
    }
  }

  /// What all workers together do in a second of what each counts for itself.
  private static double rate(Workers workers, Supplier<Double> work) {
    return workers.all(Collections.nCopies(workers.count(), work)).stream()
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private static double products(Precision precision, long dim) {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard();
        var bits = precision.openForThread()) {
      Tensor x = Randomness.normal(1, ROWS, dim);
      Tensor weight = Randomness.normal(1, INNER, dim);
      Tensor transposed = weight.t();
      return repeated(() -> x.mm(transposed)) * ROWS * dim * INNER;
    }
  }

  private static double sums() {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor x = Randomness.normal(1, ELEMENTS);
      return repeated(() -> x.add_(new Scalar(1.0))) * 2 * ELEMENTS * Float.BYTES;
    }
  }

  /// How often it runs in a second; the first time does not count.
  private static double repeated(Supplier<Tensor> operation) {
    long times = -1;
    long started = System.nanoTime();
    while (times < 1 || System.nanoTime() - started < SECONDS * 1e9) {
      try (var scope = new TensorScope()) {
        Tensor unused = operation.get();
      }
      times++;
      started = times == 0 ? System.nanoTime() : started;
    }
    return times / ((System.nanoTime() - started) / 1e9);
  }
}
