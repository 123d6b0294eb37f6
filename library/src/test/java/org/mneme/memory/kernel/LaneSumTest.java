package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class LaneSumTest {
  private static final int LANES = FloatVector.SPECIES_PREFERRED.length();
  private static final int SUMS = 256;

  private static float[] numbers() {
    float[] numbers = new float[SUMS * LANES];
    Random random = new Random(1);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static float[] sums(float[] numbers) {
    float[] sums = new float[SUMS];
    for (int i = 0; i < SUMS; i++) {
      sums[i] =
          LaneSum.of(FloatVector.fromArray(FloatVector.SPECIES_PREFERRED, numbers, i * LANES));
    }
    return sums;
  }

  @Test
  void allLanesAreAddedOnce() {
    float[] numbers = numbers();
    float[] sums = sums(numbers);
    for (int i = 0; i < SUMS; i++) {
      double sum = 0;
      for (int lane = 0; lane < LANES; lane++) {
        sum += numbers[i * LANES + lane];
      }
      assertEquals(sum, sums[i], 1e-5);
    }
  }

  @Test
  void theBitsStayWhenTheCompilerComesBy() {
    float[] numbers = numbers();
    float[] interpreted = sums(numbers);
    for (int i = 0; i < 5_000; i++) {
      float[] unused = sums(numbers);
    }
    assertArrayEquals(interpreted, sums(numbers));
  }
}
