package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.memory.kernel.DenseAdam.Step;

class DenseAdamTest {
  private static final Step STEP = new Step(0.3f, 0.999f, 0.1f, 0.98f, 0.02f, 1e-2f, 3.7f, 1e-8f);

  private static void fill(Scratch memory, int count, long seed, boolean positive) {
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      float number = (float) random.nextGaussian();
      set(memory, i, positive ? number * number : number);
    }
  }

  private static void set(Scratch memory, int i, float number) {
    NativeMemory.ALL.set(ValueLayout.JAVA_FLOAT, memory.address() + 4L * i, number);
  }

  private static float get(Scratch memory, int i) {
    return NativeMemory.ALL.get(ValueLayout.JAVA_FLOAT, memory.address() + 4L * i);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 8, 13, 16, 25, 33, 1000})
  void vectorsAndPlainJavaGiveTheSameBits(int count) {
    try (Scratch one = new Scratch(4 * (count + 1));
        Scratch two = new Scratch(4 * (count + 1))) {
      for (Scratch memory : new Scratch[] {one, two}) {
        for (int array = 0; array < 4; array++) {
          try (Scratch part = new Scratch(count + 1)) {
            fill(part, count + 1, array, array == 3);
            for (int i = 0; i <= count; i++) {
              set(memory, array * (count + 1) + i, get(part, i));
            }
          }
        }
      }
      for (int step = 0; step < 3; step++) {
        step(new VectorDenseAdam(), one, count);
        step(new PlainDenseAdam(), two, count);
      }
      for (int i = 0; i < 4 * (count + 1); i++) {
        assertEquals(Float.floatToRawIntBits(get(two, i)), Float.floatToRawIntBits(get(one, i)));
      }
      try (Scratch fresh = new Scratch(count + 1)) { // nothing behind the end is touched
        fill(fresh, count + 1, 0, false);
        assertEquals(get(fresh, count), get(one, count));
      }
    }
  }

  private static void step(DenseAdam kernel, Scratch memory, int count) {
    long array = 4L * (count + 1);
    long at = memory.address();
    kernel.step(at, at + array, at + 2 * array, at + 3 * array, count, STEP);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 31, 1000, 100_003})
  void theNormIsThatOfAllNumbers(int count) {
    try (Scratch memory = new Scratch(count + 1)) {
      fill(memory, count + 1, 9, false);
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += (double) get(memory, i) * get(memory, i);
      }
      assertEquals(sum, DenseAdam.squaredNorm(memory.address(), count), 1e-12 * sum);
      set(memory, 0, Float.NaN);
      assertTrue(count == 0 || Double.isNaN(DenseAdam.squaredNorm(memory.address(), count)));
    }
  }
}
