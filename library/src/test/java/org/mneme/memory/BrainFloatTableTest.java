package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.memory.RowAdam.MomentType;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Tables and moments of bfloat16, with every engine.
class BrainFloatTableTest {
  private static final int DIM = 512;

  static List<MemoryEngine> engines() {
    return Engines.all();
  }

  private static ValueTable table(MemoryEngine engine, float[] numbers, int dim) {
    Tensor values = Tensors.of(numbers, numbers.length / dim, dim);
    return new ValueTable(values.to(torch.ScalarType.BFloat16), engine);
  }

  private static float[] filled(int count, float number) {
    float[] numbers = new float[count];
    Arrays.fill(numbers, number);
    return numbers;
  }

  private static void give(ValueTable table, long row, float[] gradient) {
    TableGradients.give(
        table, Tensors.of(new long[] {row}, 1), Tensors.of(gradient, 1, table.dim()));
  }

  @ParameterizedTest
  @MethodSource("engines")
  void smallUpdatesAddUpOnAverage(MemoryEngine engine) {
    int steps = 200;
    double update = 0x1p-12; // a 32nd of the distance of bfloat16 numbers from 1 on
    try (var scope = new TensorScope()) {
      ValueTable table = table(engine, filled(DIM, 1), DIM);
      try (var descent = new RowDescent(table)) {
        give(table, 0, filled(DIM, -1));
        for (int step = 0; step < steps; step++) {
          descent.step(update);
        }
      }
      float[] values = Tensors.floats(table.values());
      double mean = IntStream.range(0, DIM).mapToDouble(i -> values[i]).average().orElseThrow();
      double share = update / 0x1p-7;
      double sigma = 0x1p-7 * Math.sqrt(steps * share * (1 - share) / DIM);
      assertEquals(1 + steps * update, mean, 4 * sigma);
      assertTrue(DoubleStream.of(Tensors.doubles(table.values())).distinct().count() > 3);
      table.gradient().clear();
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void otherRowsKeepTheirBitsAndStepsDecideTheRounding(MemoryEngine engine) {
    try (var scope = new TensorScope()) {
      float[] before = Tensors.floats(Engines.gaussian(new Random(1), 3, DIM));
      ValueTable table = table(engine, before, DIM);
      float[] stored = Tensors.floats(table.values());
      float[] once = afterStep(table(engine, before, DIM), 1);
      assertArrayEquals(once, afterStep(table(engine, before, DIM), 1));
      assertFalse(Arrays.equals(once, afterStep(table(engine, before, DIM), 2)));
      for (int i = 0; i < once.length; i++) {
        if (i / DIM != 1) {
          assertEquals(Float.floatToRawIntBits(stored[i]), Float.floatToRawIntBits(once[i]));
        }
      }
    }
  }

  /// The same update, taken as that step.
  private static float[] afterStep(ValueTable table, int step) {
    try (var descent = new RowDescent(table)) {
      descent.restore(step - 1, java.util.Map.of());
      give(table, 1, Tensors.floats(Engines.gaussian(new Random(2), DIM)));
      descent.step(1e-3);
      table.gradient().clear();
      return Tensors.floats(table.values());
    }
  }

  /// Without memory of earlier gradients, all steps of Adam are the same but for the rounding.
  @ParameterizedTest
  @MethodSource("engines")
  void stepsOfAdamRoundDifferently(MemoryEngine engine) {
    RowAdam.Settings settings = new RowAdam.Settings(0, 0, 1e-8, MomentType.BFLOAT16);
    try (var scope = new TensorScope()) {
      ValueTable table = table(engine, filled(DIM, 1), DIM);
      Tensor start = table.values().clone();
      give(table, 0, Tensors.floats(Engines.gaussian(new Random(2), DIM)));
      try (var adam = new RowAdam(table, settings);
          var again = new RowAdam(table, settings)) {
        adam.step(1e-3);
        float[] first = Tensors.floats(table.values());
        table.values().copy_(start);
        adam.step(1e-3);
        assertFalse(Arrays.equals(first, Tensors.floats(table.values())));
        table.values().copy_(start);
        again.step(1e-3);
        assertArrayEquals(first, Tensors.floats(table.values()));
      }
      table.gradient().clear();
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void momentsOfHalfTheWidthLearnAlmostTheSame(MemoryEngine engine) {
    double[] start;
    try (var scope = new TensorScope()) {
      start = Tensors.doubles(Engines.gaussian(new Random(3), 2, DIM));
    }
    double[] full = afterQuadratic(engine, MomentType.FLOAT32);
    double[] half = afterQuadratic(engine, MomentType.BFLOAT16);
    double moved = 0;
    double apart = 0;
    double fullLoss = 0;
    double halfLoss = 0;
    for (int i = 0; i < DIM; i++) {
      moved += Math.abs(full[i] - start[i]);
      apart += Math.abs(full[i] - half[i]);
      fullLoss += full[i] * full[i];
      halfLoss += half[i] * half[i];
    }
    assertTrue(apart < 0.03 * moved, apart + " apart after " + moved);
    assertEquals(1, halfLoss / fullLoss, 0.05);
    double[] untouched = Arrays.copyOfRange(start, DIM, 2 * DIM);
    assertArrayEquals(untouched, Arrays.copyOfRange(half, DIM, 2 * DIM));
  }

  /// The rows after 100 steps down the sum of the first one's squares.
  private static double[] afterQuadratic(MemoryEngine engine, MomentType type) {
    try (var scope = new TensorScope()) {
      ValueTable table = new ValueTable(Engines.gaussian(new Random(3), 2, DIM), engine);
      try (var adam = new RowAdam(table, new RowAdam.Settings(0.9, 0.999, 1e-8, type))) {
        for (int step = 0; step < 100; step++) {
          float[] values = Tensors.floats(table.values());
          give(table, 0, Arrays.copyOf(values, DIM));
          adam.step(5e-3);
        }
      }
      table.gradient().clear();
      return Tensors.doubles(table.values());
    }
  }
}
