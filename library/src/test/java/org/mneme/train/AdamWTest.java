package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.mneme.Bits;
import org.mneme.PointerCount;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class AdamWTest {
  private static final int SMALL = 7;
  private static final int LARGE = 70_001; // more than a block, and not a multiple of one

  private static float[] numbers(int count, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static Parameters parameters() {
    Parameters parameters = new Parameters();
    try (var scope = new TensorScope()) {
      Tensor unused = parameters.parameter("small", Tensors.of(numbers(SMALL, 1), SMALL));
      unused = parameters.parameter("large", Tensors.of(numbers(LARGE, 2), LARGE));
    }
    return parameters;
  }

  private static AdamW optimizer(Parameters parameters) {
    return new AdamW(
        List.of(
            new AdamW.Group("one", Map.of("small", parameters.get("small")), 0.1, 0),
            new AdamW.Group("two", Map.of("large", parameters.get("large")), 0.02, 0.3)),
        new AdamW.Settings(0.8, 0.95, 1e-6));
  }

  private static void step(Parameters parameters, AdamW optimizer, int step) {
    try (var scope = new TensorScope()) {
      parameters.get("large").mutable_grad().put(Tensors.of(numbers(LARGE, 100 + step), LARGE));
      if (step != 1) {
        parameters.get("small").mutable_grad().put(Tensors.of(numbers(SMALL, 200 + step), SMALL));
      }
      optimizer.step(1.0 / (step + 1), 0.5);
      parameters.clearGradients();
    }
  }

  @Test
  void largeParametersAreUpdatedByTheRule() {
    double[] value = widened(numbers(LARGE, 2));
    double[] first = new double[LARGE];
    double[] second = new double[LARGE];
    try (Parameters parameters = parameters();
        AdamW optimizer = optimizer(parameters)) {
      for (int step = 0; step < 3; step++) {
        step(parameters, optimizer, step);
        double[] gradient = widened(numbers(LARGE, 100 + step));
        double rate = 0.02 / (step + 1);
        for (int i = 0; i < LARGE; i++) {
          double g = 0.5 * gradient[i];
          first[i] = 0.8 * first[i] + 0.2 * g;
          second[i] = 0.95 * second[i] + 0.05 * g * g;
          double mean = first[i] / (1 - Math.pow(0.8, step + 1));
          double square = second[i] / (1 - Math.pow(0.95, step + 1));
          value[i] -= rate * 0.3 * value[i];
          value[i] -= rate * mean / (Math.sqrt(square) + 1e-6);
        }
      }
      assertArrayEquals(value, Tensors.doubles(parameters.get("large")), 1e-5);
    }
  }

  private static double[] widened(float[] numbers) {
    double[] wide = new double[numbers.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = numbers[i];
    }
    return wide;
  }

  @Test
  void theNormIsThatOfAllGradients() {
    try (Parameters parameters = parameters();
        AdamW optimizer = optimizer(parameters);
        var scope = new TensorScope()) {
      assertEquals(0, optimizer.gradientNorm());
      float[] gradient = numbers(LARGE, 5);
      double sum = 0;
      for (float number : gradient) {
        sum += (double) number * number;
      }
      parameters.get("large").mutable_grad().put(Tensors.of(gradient, LARGE));
      assertEquals(Math.sqrt(sum), optimizer.gradientNorm(), 1e-9 * Math.sqrt(sum));
    }
  }

  @Test
  void clippingScalesDownAndNeverUp() {
    assertEquals(1, AdamW.clipFactor(0.5, 1));
    assertEquals(0.25, AdamW.clipFactor(4, 1), 1e-6);
    assertEquals(1, AdamW.clipFactor(1e9, 0));
    assertEquals(1, AdamW.clipFactor(0, 1));
  }

  @Test
  void withoutAGradientNothingChanges() {
    try (Parameters parameters = parameters();
        AdamW optimizer = optimizer(parameters);
        var scope = new TensorScope()) {
      Map<String, float[]> before = Bits.of(parameters);
      optimizer.step(1, 1);
      Bits.assertSame(before, Bits.of(parameters));
      assertEquals(Map.of(), optimizer.state());
    }
  }

  @Test
  void aRestoredOptimizerGoesOnBitByBit() {
    try (Parameters uninterrupted = parameters();
        AdamW whole = optimizer(uninterrupted);
        Parameters interrupted = parameters();
        AdamW first = optimizer(interrupted);
        AdamW second = optimizer(interrupted)) {
      step(interrupted, second, 7); // what it did before is forgotten
      copy(parameters(), interrupted);
      for (int step = 0; step < 6; step++) {
        step(uninterrupted, whole, step);
        if (step == 3) {
          try (var scope = new TensorScope()) {
            second.restore(first.state());
          }
        }
        step(interrupted, step < 3 ? first : second, step);
      }
      Bits.assertSame(Bits.of(uninterrupted), Bits.of(interrupted));
      try (var scope = new TensorScope()) {
        Bits.assertSame(Bits.of(whole.state()), Bits.of(second.state()));
        assertEquals(5, Tensors.longs(second.state().get("small.steps"))[0]);
        assertEquals(6, Tensors.longs(second.state().get("large.steps"))[0]);
      }
    }
  }

  private static void copy(Parameters from, Parameters to) {
    try (from;
        var scope = new TensorScope()) {
      from.all().forEach((name, tensor) -> to.get(name).detach().copy_(tensor.detach()));
    }
  }

  @Test
  void stepsAndRestoringLeaveNoTensorsBehind() {
    try (Parameters parameters = parameters();
        AdamW optimizer = optimizer(parameters)) {
      step(parameters, optimizer, 0);
      long before = PointerCount.settled();
      for (int step = 1; step < 8; step++) {
        step(parameters, optimizer, step);
        try (var scope = new TensorScope()) {
          Map<String, Tensor> state = new java.util.LinkedHashMap<>();
          optimizer.state().forEach((name, tensor) -> state.put(name, tensor.clone()));
          optimizer.restore(state);
        }
      }
      assertEquals(before, PointerCount.now());
      optimizer.close();
      assertTrue(PointerCount.now() < before);
    }
  }

  @Test
  void onlyFloat32IsUpdated() {
    try (Parameters parameters = parameters();
        AdamW optimizer = optimizer(parameters);
        var scope = new TensorScope()) {
      parameters.convert(torch.ScalarType.Double);
      parameters.get("small").mutable_grad().put(Tensors.zeros(torch.ScalarType.Double, SMALL));
      assertThrows(IllegalArgumentException.class, () -> optimizer.step(1, 1));
    }
  }

  /// What partial embeddings rest upon: whoever leaves rows out that nobody reads clips alike.
  @Test
  void rowsOfZerosChangeNoBitOfTheNorm() {
    for (int dim : new int[] {1, 3, 8, 384}) {
      int rows = 5_000;
      Random random = new Random(dim);
      float[] whole = new float[rows * dim];
      float[] part = new float[rows * dim];
      int kept = 0;
      for (int row = 0; row < rows; row++) {
        if (random.nextInt(3) == 0) {
          for (int i = 0; i < dim; i++) {
            whole[row * dim + i] = (float) random.nextGaussian();
          }
          System.arraycopy(whole, row * dim, part, kept++ * dim, dim);
        }
      }
      double norm = norm(whole, rows, dim);
      assertTrue(norm > 0);
      assertEquals(norm, norm(Arrays.copyOf(part, kept * dim), kept, dim), 0.0);
    }
  }

  private static double norm(float[] gradient, int rows, int dim) {
    long[] shape = dim == 1 ? new long[] {rows} : new long[] {rows, dim};
    try (var parameters = new Parameters();
        var scope = new TensorScope()) {
      Tensor words = parameters.parameter("words", Tensors.zeros(torch.ScalarType.Float, shape));
      var group = new AdamW.Group("all", Map.of("words", words), 0.1, 0);
      try (var optimizer = new AdamW(List.of(group), AdamW.Settings.DEFAULT)) {
        words.mutable_grad().put(Tensors.of(gradient, shape));
        return optimizer.gradientNorm();
      }
    }
  }
}
