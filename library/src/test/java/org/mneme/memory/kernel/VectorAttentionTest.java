package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.memory.kernel.VectorAttention.Shape;

class VectorAttentionTest {
  private static final float SCALE = 0.3f;
  private static final float FLOAT32_ROUNDING = 2e-6f;
  private static final float BFLOAT16_ROUNDING = 1f / 128;

  private static float[] joined(Shape shape, long seed) {
    int numbers = shape.batch() * shape.time() * 3 * shape.heads() * shape.headDim();
    return GuardedNumbers.gaussian(new Random(seed), numbers);
  }

  private static float[] run(
      float[] joined, Rows.Type type, Shape shape, byte[] allowed, int threads) {
    try (Arena arena = Arena.ofShared()) {
      GuardedNumbers in = GuardedNumbers.of(arena, type, joined);
      GuardedNumbers out = GuardedNumbers.of(arena, type, new float[joined.length / 3]);
      MemorySegment mask = arena.allocate(Math.max(1, allowed.length));
      MemorySegment.copy(MemorySegment.ofArray(allowed), 0, mask, 0, allowed.length);
      long address = allowed.length == 0 ? 0 : mask.address();
      VectorAttention.run(in.address(), type, shape, address, SCALE, out.address(), threads);
      assertArrayEquals(in.floats(), GuardedNumbers.of(arena, type, joined).floats(), "the input");
      return out.floats();
    }
  }

  /// The formula in float64.
  private static double[] formula(float[] joined, Shape shape, byte[] allowed) {
    int dim = shape.heads() * shape.headDim();
    double[] out = new double[joined.length / 3];
    for (int row = 0; row < shape.batch() * shape.time(); row++) {
      int first = row / shape.time() * shape.time();
      for (int head = 0; head < shape.heads(); head++) {
        double[] weights = new double[shape.time()];
        for (int key = 0; key < shape.time(); key++) {
          double product = 0;
          for (int d = head * shape.headDim(); d < (head + 1) * shape.headDim(); d++) {
            product +=
                (double) joined[row * 3 * dim + d] * joined[(first + key) * 3 * dim + dim + d];
          }
          boolean seen = allowed.length == 0 || allowed[first + key] != 0;
          weights[key] = seen ? Math.exp(product * SCALE) : 0;
        }
        double sum = Arrays.stream(weights).sum();
        for (int key = 0; key < shape.time(); key++) {
          for (int d = head * shape.headDim(); d < (head + 1) * shape.headDim(); d++) {
            out[row * dim + d] +=
                weights[key] / sum * joined[(first + key) * 3 * dim + 2 * dim + d];
          }
        }
      }
    }
    return out;
  }

  private static float[] asStored(float[] numbers, Rows.Type type) {
    try (Arena arena = Arena.ofConfined()) {
      return GuardedNumbers.of(arena, type, numbers).floats();
    }
  }

  private static void assertClose(double[] expected, float[] actual, float tolerance) {
    for (int i = 0; i < expected.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], allowed, "number " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1,1",
    "1,2,1,3",
    "2,7,3,5",
    "1,16,2,16",
    "3,17,2,32",
    "1,33,1,64",
    "2,70,4,33",
    "1,130,2,8"
  })
  void contextsAreThoseOfTheFormula(int batch, int time, int heads, int headDim) {
    Shape shape = new Shape(batch, time, heads, headDim);
    byte[] all = {};
    byte[] some = new byte[batch * time];
    Random random = new Random(time);
    for (int i = 0; i < some.length; i++) {
      some[i] = (byte) (i % time == time / 2 || random.nextBoolean() ? 1 : 0);
    }
    for (Rows.Type type : Rows.Type.values()) {
      float tolerance = type == Rows.Type.FLOAT32 ? FLOAT32_ROUNDING : BFLOAT16_ROUNDING;
      float[] joined = asStored(joined(shape, 1), type);
      for (byte[] allowed : new byte[][] {all, some}) {
        assertClose(
            formula(joined, shape, allowed), run(joined, type, shape, allowed, 1), tolerance);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Rows.Type.class)
  void bitsDoNotDependOnThreadsNorOnWhatNobodyLooksAt(Rows.Type type) {
    Shape shape = new Shape(3, 150, 4, 32);
    float[] joined = joined(shape, 2);
    byte[] allowed = new byte[3 * 150];
    Arrays.fill(allowed, 0, 340, (byte) 1);
    float[] one = run(joined, type, shape, allowed, 1);
    assertArrayEquals(one, run(joined, type, shape, allowed, 3));
    float[] other = joined.clone();
    int row = 3 * 4 * 32;
    Arrays.fill(other, 340 * row + 128, 341 * row, 1e6f); // a padded key and its value
    float[] others = run(other, type, shape, allowed, 1);
    assertArrayEquals(one, others);
  }

  @Test
  void scoresFarApartLeaveTheLargestAlone() {
    Shape shape = new Shape(1, 3, 1, 2);
    float[] joined = {
      100, 0, 100, 0, 1, 2, //
      100, 0, -100, 0, 3, 4, //
      100, 0, 0, 50, 5, 6
    };
    float[] contexts = run(joined, Rows.Type.FLOAT32, shape, new byte[0], 1);
    assertArrayEquals(new float[] {1, 2, 1, 2, 1, 2}, contexts);
  }

  @Test
  void aQueryThatIsNotANumberStaysOneAndSpoilsNoOther() {
    Shape shape = new Shape(1, 5, 1, 4);
    float[] joined = joined(shape, 3);
    float[] before = run(joined, Rows.Type.FLOAT32, shape, new byte[0], 1);
    joined[2 * 12] = Float.NaN;
    float[] after = run(joined, Rows.Type.FLOAT32, shape, new byte[0], 1);
    for (int i = 0; i < after.length; i++) {
      if (i / 4 == 2) {
        assertTrue(Float.isNaN(after[i]));
      } else {
        assertEquals(before[i], after[i]);
      }
    }
  }
}
