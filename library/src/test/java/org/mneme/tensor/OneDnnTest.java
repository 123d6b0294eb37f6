package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.tensor.OneDnn.After;

class OneDnnTest {
  private static final int IN = 33;
  private static final int OUT = 17;

  @BeforeEach
  void needsOneDnn() {
    assumeTrue(OneDnn.isAvailable(), "this libtorch has no oneDNN");
    Randomness.seed(1);
  }

  private static float[] oracle(Tensor x, Tensor weight, Tensor bias, After after) {
    double[] xs = Tensors.doubles(x);
    double[] weights = Tensors.doubles(weight);
    double[] biases = Tensors.doubles(bias);
    int rows = xs.length / IN;
    float[] out = new float[rows * OUT];
    for (int i = 0; i < out.length; i++) {
      double sum = biases[i % OUT];
      for (int j = 0; j < IN; j++) {
        sum += xs[i / OUT * IN + j] * weights[i % OUT * IN + j];
      }
      out[i] = (float) applied(after, sum);
    }
    return out;
  }

  private static double applied(After after, double x) {
    return switch (after) {
      case NOTHING -> x;
      case GELU -> x * normalCdf(x);
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case RELU -> Math.max(0, x);
      case SILU -> x / (1 + Math.exp(-x));
    };
  }

  /// Simpson's rule on the density.
  private static double normalCdf(double x) {
    int steps = 2000;
    double width = x / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      double at = i * width;
      sum += weight * Math.exp(-at * at / 2);
    }
    return 0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI);
  }

  @ParameterizedTest
  @EnumSource(After.class)
  void multipliesAndGoesOn(After after) {
    try (var scope = new TensorScope()) {
      Tensor x = Randomness.normal(1, 5, IN);
      Tensor weight = Randomness.normal(0.3, OUT, IN);
      Tensor bias = Randomness.normal(1, OUT);
      float[] actual = Tensors.floats(OneDnn.linear(x, OneDnn.pack(weight), bias, after));
      assertArrayEquals(oracle(x, weight, bias, after), actual, 2e-5f);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 31, 64})
  void addsWhatIsGiven(int rows) {
    try (var scope = new TensorScope()) {
      Tensor x = Randomness.normal(1, rows, IN);
      Tensor other = Randomness.normal(1, rows, OUT);
      Tensor weight = Randomness.normal(0.3, OUT, IN);
      Tensor bias = Randomness.normal(1, OUT);
      float[] expected = oracle(x, weight, bias, After.NOTHING);
      float[] others = Tensors.floats(other);
      for (int i = 0; i < expected.length; i++) {
        expected[i] += others[i];
      }
      Tensor sum = OneDnn.linearAdd(x, other, OneDnn.pack(weight), bias);
      assertArrayEquals(expected, Tensors.floats(sum), 2e-5f);
      assertArrayEquals(others, Tensors.floats(other), "the addend is changed");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64})
  void bfloat16IsAsExactAsItsInputs(int rows) {
    assumeTrue(OneDnn.multipliesBfloat16(), "this processor has no such products");
    try (var scope = new TensorScope()) {
      torch.ScalarType half = torch.ScalarType.BFloat16;
      Tensor x = Randomness.normal(1, rows, IN).to(half);
      Tensor weight = Randomness.normal(0.3, OUT, IN).to(half);
      Tensor bias = Randomness.normal(1, OUT).to(half);
      float[] expected = oracle(x, weight, bias, After.NOTHING);
      float[] actual = Tensors.floats(OneDnn.linear(x, OneDnn.pack(weight), bias, After.NOTHING));
      for (int i = 0; i < expected.length; i++) {
        expected[i] -= actual[i];
        expected[i] /= Math.max(1, Math.abs(actual[i]));
      }
      assertArrayEquals(new float[expected.length], expected, 1f / 128); // its last digit
    }
  }
}
