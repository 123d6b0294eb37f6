package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class RowAdamTest {
  private static final double RATE = 0.02;

  private static void giveGradient(ValueTable table, long[] rows, float[] vectors) {
    TableGradients.give(
        table, Tensors.of(rows, rows.length), Tensors.of(vectors, rows.length, table.dim()));
  }

  private static ValueTable table(int rows, int dim, long seed) {
    return table(Tensors.of(numbers(new Random(seed), rows * dim), rows, dim));
  }

  private static ValueTable table(Tensor values) {
    return new ValueTable(values, MemoryEngine.chosen());
  }

  private static ValueTable copy(ValueTable table) {
    return table(table.values().clone());
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static long[] rows(Random random, int count, int below) {
    return random.longs(count, 0, below).toArray();
  }

  /// Adam written for one number at a time in float64: no code in common.
  private record PlainAdam(TreeMap<Integer, double[]> moments, double[] values, int dim) {
    double step(int step, double rate, long[] rows, float[] vectors, double maxNorm) {
      var sums = new TreeMap<Integer, Double>();
      for (int i = 0; i < vectors.length; i++) {
        sums.merge((int) rows[i / dim] * dim + i % dim, (double) vectors[i], Double::sum);
      }
      double norm = Math.sqrt(sums.values().stream().mapToDouble(g -> g * g).sum());
      double factor = norm > maxNorm ? maxNorm / norm : 1;
      sums.forEach((at, sum) -> {
        double g = sum * factor;
        double[] m = moments.computeIfAbsent(at, key -> new double[2]);
        m[0] = 0.9 * m[0] + 0.1 * g;
        m[1] = 0.999 * m[1] + 0.001 * g * g;
        double rateNow = rate * Math.sqrt(1 - Math.pow(0.999, step)) / (1 - Math.pow(0.9, step));
        values[at] -= rateNow * m[0] / (Math.sqrt(m[1]) + 1e-8);
      });
      return norm;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 13, 16, 33})
  void agreesWithPlainAdamOnAwkwardWidths(int dim) {
    Random random = new Random(dim);
    int rows = 5000;
    try (var scope = new TensorScope()) {
      ValueTable values = table(rows, dim, dim);
      var plain = new PlainAdam(new TreeMap<>(), Tensors.doubles(values.values()), dim);
      try (var adam = new RowAdam(values, RowAdam.Settings.USUAL)) {
        for (int step = 1; step <= 5; step++) {
          long[] read = rows(random, 300, step % 2 == 0 ? rows : 40);
          float[] vectors = numbers(random, read.length * dim);
          giveGradient(values, read, vectors);
          double maxNorm = step % 2 == 0 ? 3 : 1e9;
          double expected = plain.step(step, RATE, read, vectors, maxNorm);
          assertEquals(expected, adam.table().gradientNorm(), 1e-6 * expected);
          assertEquals(expected, adam.step(RATE, maxNorm), 1e-6 * expected);
        }
      }
      assertArrayEquals(plain.values, Tensors.doubles(values.values()), 1e-5);
    }
  }

  @Test
  void untouchedRowsKeepValuesAndMomentsBitForBit() {
    Random random = new Random(1);
    try (var scope = new TensorScope()) {
      ValueTable values = table(50, 6, 2);
      try (var adam = new RowAdam(values, RowAdam.Settings.USUAL)) {
        giveGradient(values, rows(random, 60, 50), numbers(random, 360));
        adam.step(RATE);
        List<float[]> before = state(values, adam);
        giveGradient(values, new long[] {7, 49, 7}, numbers(random, 18));
        adam.step(RATE);
        List<float[]> after = state(values, adam);
        for (int part = 0; part < before.size(); part++) {
          for (int i = 0; i < 300; i++) {
            boolean touched = i / 6 == 7 || i / 6 == 49;
            int same = Float.floatToRawIntBits(before.get(part)[i]);
            assertEquals(touched, same != Float.floatToRawIntBits(after.get(part)[i]));
          }
        }
      }
    }
  }

  private static List<float[]> state(ValueTable values, RowAdam adam) {
    List<float[]> state = new ArrayList<>();
    state.add(Tensors.floats(values.values()));
    adam.state().values().forEach(moment -> state.add(Tensors.floats(moment)));
    return state;
  }

  @Test
  void aRestoredOptimiserGoesOnLikeTheUninterrupted() {
    try (var scope = new TensorScope()) {
      ValueTable through = table(20, 5, 3);
      ValueTable stopped = copy(through);
      try (var adam = new RowAdam(through, RowAdam.Settings.USUAL);
          var first = new RowAdam(stopped, RowAdam.Settings.USUAL);
          var second = new RowAdam(stopped, RowAdam.Settings.USUAL)) {
        steps(through, adam, 1, 6);
        steps(stopped, first, 1, 3);
        second.restore(first.steps(), first.state());
        steps(stopped, second, 4, 6);
        assertEquals(6, second.steps());
        assertArrayEquals(Tensors.floats(through.values()), Tensors.floats(stopped.values()), 0);
      }
    }
  }

  private static void steps(ValueTable values, RowAdam adam, int from, int to) {
    for (int step = from; step <= to; step++) {
      Random random = new Random(step);
      giveGradient(values, rows(random, 8, 20), numbers(random, 40));
      adam.step(RATE, 1);
    }
  }

  @Test
  void theOrderOfDifferentRowsDoesNotMatter() {
    try (var scope = new TensorScope()) {
      ValueTable one = table(9, 2, 4);
      ValueTable other = copy(one);
      try (var first = new RowAdam(one, RowAdam.Settings.USUAL);
          var second = new RowAdam(other, RowAdam.Settings.USUAL)) {
        giveGradient(one, new long[] {3, 8, 3}, new float[] {1, 2, 3, 4, 5, 6});
        giveGradient(other, new long[] {8, 3, 3}, new float[] {3, 4, 1, 2, 5, 6});
        first.step(RATE);
        second.step(RATE);
        assertArrayEquals(Tensors.floats(one.values()), Tensors.floats(other.values()), 0);
      }
    }
  }

  @Test
  void withoutAGradientNothingHappens() {
    try (var scope = new TensorScope()) {
      ValueTable values = table(4, 3, 5);
      try (var adam = new RowAdam(values, RowAdam.Settings.USUAL)) {
        adam.step(RATE);
        assertEquals(0, adam.step(RATE, 1));
        assertEquals(0, adam.table().gradientNorm());
        assertEquals(0, adam.steps());
        assertTrue(adam.state().isEmpty());
      }
    }
  }

  @Test
  void aNormThatIsNotFiniteLeavesEverythingAsItWas() {
    try (var scope = new TensorScope()) {
      ValueTable values = table(4, 2, 6);
      float[] before = Tensors.floats(values.values());
      try (var adam = new RowAdam(values, RowAdam.Settings.USUAL)) {
        giveGradient(values, new long[] {1}, new float[] {Float.NaN, 1});
        assertFalse(Double.isFinite(adam.step(RATE, 1)));
        assertEquals(0, adam.steps());
      }
      assertArrayEquals(before, Tensors.floats(values.values()), 0);
    }
  }

  @Test
  void forgottenRowsGoOnAsIfTheyHadNeverBeenRead() {
    for (RowAdam.MomentType type : RowAdam.MomentType.values()) {
      try (var scope = new TensorScope()) {
        ValueTable values = table(6, 5, 7);
        try (var adam = new RowAdam(values, new RowAdam.Settings(0.9, 0.999, 1e-8, type))) {
          adam.forget(new int[] {0}); // nothing is kept yet
          giveGradient(values, new long[] {0, 2, 3, 5}, numbers(new Random(8), 20));
          adam.step(RATE);
          List<float[]> before = state(values, adam);
          adam.forget(new int[] {2, 5});
          List<float[]> after = state(values, adam);
          assertArrayEquals(before.getFirst(), after.getFirst(), 0);
          for (int part = 1; part < before.size(); part++) {
            for (int i = 0; i < 30; i++) {
              boolean forgotten = i / 5 == 2 || i / 5 == 5;
              assertEquals(forgotten ? 0 : before.get(part)[i], after.get(part)[i]);
            }
          }
        }
      }
    }
  }

  @Test
  void stepsLeaveNoPointersBehind() {
    try (var scope = new TensorScope()) {
      ValueTable values = table(30, 4, 8);
      try (var adam = new RowAdam(values, RowAdam.Settings.USUAL)) {
        Random random = new Random(9);
        giveGradient(values, rows(random, 20, 30), numbers(random, 80));
        adam.step(RATE, 1);
        long before = Pointer.totalCount();
        for (int i = 0; i < 20; i++) {
          adam.step(RATE);
          adam.step(RATE, 1);
          adam.table().gradientNorm();
        }
        assertEquals(before, Pointer.totalCount());
      }
    }
  }
}
