package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.tensor.OneDnn.After;

/// Both kinds of kernels beside float64 loops.
class TokenKernelsTest {
  private static final double ROUNDING = 2e-6;
  private static final float EPS = 1e-5f;

  static Stream<Arguments> kernelsAndSizes() {
    return Stream.of(new VectorTokenKernels(), new PlainTokenKernels())
        .flatMap(kernels ->
            IntStream.of(1, 2, 3, 7, 8, 13, 16, 17, 31, 33, 64, 65, 100, 576)
                .mapToObj(size -> Arguments.of(kernels, size)));
  }

  private static void assertClose(double[] expected, float[] actual, double tolerance) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], allowed, "number " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndSizes")
  void productsAreSumsAndRangesChangeNoBit(TokenKernels kernels, int dim) {
    Random random = new Random(dim);
    int out = 7;
    for (Rows.Type type : Rows.Type.values()) {
      for (boolean hasBias : new boolean[] {false, true}) {
        try (Arena arena = Arena.ofConfined()) {
          float[] drawn = GuardedNumbers.gaussian(random, out * dim);
          GuardedNumbers weights = GuardedNumbers.of(arena, type, drawn);
          float[] x = GuardedNumbers.gaussian(random, dim);
          float[] bias = hasBias ? GuardedNumbers.gaussian(random, out) : new float[out];
          double[] expected = new double[out];
          for (int i = 0; i < out; i++) {
            expected[i] = bias[i];
            for (int j = 0; j < dim; j++) {
              expected[i] += (double) weights.floats()[i * dim + j] * x[j];
            }
          }
          Rows rows = new Rows(weights.address(), dim, type);
          long biases = hasBias ? GuardedNumbers.of(arena, bias).address() : 0;
          long vector = GuardedNumbers.of(arena, x).address();
          GuardedNumbers whole = GuardedNumbers.unwritten(arena, out);
          kernels.product(rows, biases, vector, whole.address(), 0, out);
          assertClose(expected, whole.floats(), ROUNDING * Math.sqrt(dim));
          GuardedNumbers parts = GuardedNumbers.unwritten(arena, out);
          for (int from = 0; from < out; from += 3) {
            kernels.product(rows, biases, vector, parts.address(), from, Math.min(out, from + 3));
          }
          whole.assertSameBits(parts);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndSizes")
  void rowsAreNormalisedAsTheFormulasSay(TokenKernels kernels, int dim) {
    Random random = new Random(dim);
    float[] x = GuardedNumbers.gaussian(random, dim);
    for (int i = 0; i < dim; i++) {
      x[i] = 2 + 3 * x[i];
    }
    float[] weight = GuardedNumbers.gaussian(random, dim);
    float[] bias = GuardedNumbers.gaussian(random, dim);
    double mean = IntStream.range(0, dim).mapToDouble(i -> x[i]).average().orElseThrow();
    double square =
        IntStream.range(0, dim).mapToDouble(i -> (double) x[i] * x[i]).average().orElseThrow();
    double variance =
        IntStream.range(0, dim).mapToDouble(i -> Math.pow(x[i] - mean, 2)).average().orElseThrow();
    double[] rms = new double[dim];
    Arrays.setAll(rms, i -> weight[i] * x[i] / Math.sqrt(square + EPS));
    double[] layer = new double[dim];
    Arrays.setAll(layer, i -> weight[i] * (x[i] - mean) / Math.sqrt(variance + EPS) + bias[i]);
    try (Arena arena = Arena.ofConfined()) {
      GuardedNumbers in = GuardedNumbers.of(arena, x);
      GuardedNumbers out = GuardedNumbers.unwritten(arena, dim);
      long weights = GuardedNumbers.of(arena, weight).address();
      kernels.rmsNorm(in.address(), weights, EPS, dim, out.address());
      assertClose(rms, out.floats(), 1e-5);
      long biases = GuardedNumbers.of(arena, bias).address();
      kernels.layerNorm(in.address(), weights, biases, EPS, dim, out.address());
      assertClose(layer, out.floats(), 2e-5);
      assertArrayEquals(x, in.floats());
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndSizes")
  void pairsAreTurned(TokenKernels kernels, int half) {
    Random random = new Random(half);
    float[] x = GuardedNumbers.gaussian(random, 2 * half);
    float[] cosines = new float[half];
    float[] sines = new float[half];
    double[] expected = new double[2 * half];
    for (int i = 0; i < half; i++) {
      double angle = random.nextDouble() * 7;
      cosines[i] = (float) Math.cos(angle);
      sines[i] = (float) Math.sin(angle);
      expected[i] = x[i] * Math.cos(angle) - x[half + i] * Math.sin(angle);
      expected[half + i] = x[half + i] * Math.cos(angle) + x[i] * Math.sin(angle);
    }
    try (Arena arena = Arena.ofConfined()) {
      GuardedNumbers turned = GuardedNumbers.of(arena, x);
      kernels.turn(
          turned.address(),
          GuardedNumbers.of(arena, cosines).address(),
          GuardedNumbers.of(arena, sines).address(),
          half);
      assertClose(expected, turned.floats(), ROUNDING);
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndSizes")
  void aQueryAttendsAsTheFormulaSays(TokenKernels kernels, int count) {
    Random random = new Random(count);
    float scale = 0.7f;
    for (int dim : List.of(1, 6, 16, 20, 64, 100, 128)) {
      float[] query = GuardedNumbers.gaussian(random, dim);
      float[] keys = GuardedNumbers.gaussian(random, count * dim);
      float[] values = GuardedNumbers.gaussian(random, count * dim);
      double[] weights = new double[count];
      for (int t = 0; t < count; t++) {
        for (int i = 0; i < dim; i++) {
          weights[t] += scale * query[i] * (double) keys[t * dim + i];
        }
      }
      double most = Arrays.stream(weights).max().orElseThrow();
      Arrays.setAll(weights, t -> Math.exp(weights[t] - most));
      double sum = Arrays.stream(weights).sum();
      double[] expected = new double[dim];
      for (int t = 0; t < count; t++) {
        for (int i = 0; i < dim; i++) {
          expected[i] += weights[t] / sum * values[t * dim + i];
        }
      }
      try (Arena arena = Arena.ofConfined()) {
        GuardedNumbers out = GuardedNumbers.unwritten(arena, dim);
        GuardedNumbers scores = GuardedNumbers.unwritten(arena, count + TokenKernels.SPARE);
        kernels.attend(
            GuardedNumbers.of(arena, query).address(),
            new Rows(GuardedNumbers.of(arena, keys).address(), dim, Rows.Type.FLOAT32),
            GuardedNumbers.of(arena, values).address(),
            count,
            scale,
            scores.address(),
            out.address());
        assertClose(expected, out.floats(), 1e-5);
        var unused = scores.floats(); // its walls stand
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndSizes")
  void activationsAreThoseOfTheirFormulas(TokenKernels kernels, int count) {
    Random random = new Random(count);
    float[] x = GuardedNumbers.gaussian(random, count);
    for (int i = 0; i < count; i++) {
      x[i] *= 4;
    }
    x[0] = -200;
    x[count / 2] = count > 1 ? 150 : x[0];
    for (After after : After.values()) {
      double[] expected = new double[count];
      Arrays.setAll(expected, i -> activated(after, x[i]));
      try (Arena arena = Arena.ofConfined()) {
        GuardedNumbers numbers = GuardedNumbers.of(arena, x);
        GuardedNumbers room = GuardedNumbers.unwritten(arena, count);
        kernels.activate(after, numbers.address(), count, room.address());
        assertClose(expected, numbers.floats(), after == After.GELU ? 4e-7 : 1e-6);
        var unused = room.floats(); // its walls stand
      }
    }
  }

  private static double activated(After after, double x) {
    return switch (after) {
      case NOTHING -> x;
      case RELU -> Math.max(0, x);
      case SILU -> x / (1 + Math.exp(-x));
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    };
  }

  /// By its series, which has terms of one sign (Abramowitz & Stegun 1964, 7.1.6).
  private static double erf(double z) {
    if (Math.abs(z) > 6) {
      return Math.signum(z);
    }
    double term = z;
    double sum = z;
    for (int n = 1; n < 200; n++) {
      term *= 2 * z * z / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
  }

  @ParameterizedTest
  @MethodSource("kernelsAndSizes")
  void numbersAreMultipliedAddedAndCopied(TokenKernels kernels, int count) {
    Random random = new Random(count);
    float[] x = GuardedNumbers.gaussian(random, count);
    float[] y = GuardedNumbers.gaussian(random, count);
    float[] expected = new float[count];
    try (Arena arena = Arena.ofConfined()) {
      long other = GuardedNumbers.of(arena, y).address();
      GuardedNumbers product = GuardedNumbers.of(arena, x);
      kernels.multiply(product.address(), other, count);
      for (int i = 0; i < count; i++) {
        expected[i] = x[i] * y[i];
      }
      assertArrayEquals(expected, product.floats());
      GuardedNumbers sum = GuardedNumbers.of(arena, x);
      kernels.add(sum.address(), other, count);
      for (int i = 0; i < count; i++) {
        expected[i] = x[i] + y[i];
      }
      assertArrayEquals(expected, sum.floats());
      GuardedNumbers copy = GuardedNumbers.unwritten(arena, count);
      kernels.copy(other, copy.address(), count);
      assertArrayEquals(y, copy.floats());
    }
  }
}
