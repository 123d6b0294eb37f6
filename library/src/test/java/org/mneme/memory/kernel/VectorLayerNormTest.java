package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorLayerNormTest {
  private static final int ROWS = 3;
  private static final float EPS = 1e-5f;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16, 17, 33, 100, 384})
  void rowsAreNormalisedAsTheFormulaSays(int dim) {
    Random random = new Random(dim);
    float[] weight = GuardedNumbers.gaussian(random, dim);
    float[] bias = GuardedNumbers.gaussian(random, dim);
    float[] drawn = GuardedNumbers.gaussian(random, ROWS * dim);
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = 10 + 3 * drawn[i]; // far from 0: variances by squares alone would be off
    }
    for (Rows.Type type : Rows.Type.values()) {
      try (Arena arena = Arena.ofConfined()) {
        GuardedNumbers x = GuardedNumbers.of(arena, type, drawn);
        GuardedNumbers out = GuardedNumbers.of(arena, type, new float[ROWS * dim]);
        VectorLayerNorm.run(
            new Rows(x.address(), dim, type),
            ROWS,
            GuardedNumbers.of(arena, weight).address(),
            GuardedNumbers.of(arena, bias).address(),
            EPS,
            out.address());
        assertRows(x.floats(), weight, bias, out.floats(), type);
      }
    }
  }

  private static void assertRows(
      float[] x, float[] weight, float[] bias, float[] actual, Rows.Type type) {
    int dim = weight.length;
    for (int row = 0; row < ROWS; row++) {
      double mean = 0;
      for (int i = 0; i < dim; i++) {
        mean += x[row * dim + i] / (double) dim;
      }
      double variance = 0;
      for (int i = 0; i < dim; i++) {
        variance += Math.pow(x[row * dim + i] - mean, 2) / dim;
      }
      for (int i = 0; i < dim; i++) {
        double away = (x[row * dim + i] - mean) / Math.sqrt(variance + EPS);
        double expected = away * weight[i] + bias[i];
        double rounding = type == Rows.Type.FLOAT32 ? 2e-5 : 1 / 256.0;
        assertEquals(
            expected,
            actual[row * dim + i],
            rounding * Math.max(1, Math.abs(expected)),
            type + " row " + row + " column " + i);
      }
    }
  }
}
