package org.mneme.benchmarks;

import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The first feed-forward product of all-MiniLM-L6-v2, `[tokens, 384]` by `[1536, 384]` transposed,
/// as libtorch computes it: the yardstick for what a memory layer may cost.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class LinearBenchmark {
  private static final int DIM = 384;
  private static final int INNER = 1536;
  private static final double TOLERANCE = 1e-5;

  /// Tokens of one batch.
  @Param({"32", "512", "4096"})
  private int tokens;

  private Tensor x = new Tensor(); // [tokens, dim]
  private Tensor weight = new Tensor(); // [inner, dim]
  private Tensor bias = new Tensor(); // [inner]

  /// Draws the operands, and compares the last row of the result with plain loops.
  @Setup
  public void setUp() {
    Randomness.seed(1);
    try (var scope = new TensorScope()) {
      x = TensorScope.own(Randomness.normal(1, tokens, DIM));
      weight = TensorScope.own(Randomness.uniform(0.05, INNER, DIM));
      bias = TensorScope.own(Randomness.uniform(0.05, INNER));
      double error = worstError(Tensors.floats(apply()));
      System.out.printf("# worst relative error: %.1e%n", error);
      if (!(error < TOLERANCE)) {
        throw new IllegalStateException("the product is wrong");
      }
    }
  }

  /// One product; its result is freed as a training step would.
  @Benchmark
  public double forward() {
    try (var scope = new TensorScope()) {
      return apply().data_ptr().address();
    }
  }

  /// Frees the operands.
  @TearDown
  public void tearDown() {
    x.close();
    weight.close();
    bias.close();
  }

  private Tensor apply() {
    return torch.linear(x, weight, new TensorOptional(bias)); // [tokens, inner]
  }

  private double worstError(float[] product) {
    float[] xs = Tensors.floats(x);
    float[] weights = Tensors.floats(weight);
    float[] biases = Tensors.floats(bias);
    int token = tokens - 1;
    double worst = 0;
    double largest = 0;
    for (int unit = 0; unit < INNER; unit++) {
      double sum = biases[unit];
      for (int i = 0; i < DIM; i++) {
        sum += (double) xs[token * DIM + i] * weights[unit * DIM + i];
      }
      worst = Math.max(worst, Math.abs(sum - product[token * INNER + unit]));
      largest = Math.max(largest, Math.abs(sum));
    }
    return worst / largest;
  }
}
