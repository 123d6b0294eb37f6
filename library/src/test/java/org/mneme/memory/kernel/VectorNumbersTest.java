package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorNumbersTest {
  /// Numbers on, just below, and just above the middle between two of bfloat16; then the edges.
  private static float[] numbers(int count) {
    float[] special = {
      0,
      -0f,
      Float.NaN,
      Float.intBitsToFloat(-1),
      Float.MAX_VALUE,
      Float.NEGATIVE_INFINITY,
      Float.MIN_VALUE,
      Float.intBitsToFloat(0x3f808000),
      Float.intBitsToFloat(0x3f818000),
      Float.intBitsToFloat(0x3f808001),
      Float.intBitsToFloat(0x3f807fff)
    };
    float[] numbers = GuardedNumbers.gaussian(new Random(count), count);
    for (int i = 0; i < count; i += 2) {
      numbers[i] = special[i / 2 % special.length];
    }
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 16, 31, 64, 100})
  void bfloat16IsRoundedToNearestTiesToEven(int count) {
    float[] numbers = numbers(count);
    try (Arena arena = Arena.ofConfined()) {
      GuardedNumbers from = GuardedNumbers.of(arena, numbers);
      GuardedNumbers to = GuardedNumbers.of(arena, Rows.Type.BFLOAT16, new float[count]);
      VectorNumbers.narrow(from.address(), to.address(), Rows.Type.BFLOAT16, count);
      float[] rounded = to.floats();
      for (int i = 0; i < count; i++) {
        assertEquals(nearest(numbers[i]), rounded[i], "of " + numbers[i]);
      }
    }
  }

  @Test
  void specialNumbersAreRoundedAsOneByOne() {
    int[][] special = BrainFloatTest.SPECIAL;
    float[] numbers = new float[16 * special.length];
    int[] expected = new int[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Float.intBitsToFloat(special[i % special.length][0]);
      expected[i] = special[i % special.length][1] << Short.SIZE;
    }
    try (Arena arena = Arena.ofConfined()) {
      for (int count : new int[] {numbers.length, special.length}) {
        GuardedNumbers from = GuardedNumbers.of(arena, Arrays.copyOf(numbers, count));
        GuardedNumbers to = GuardedNumbers.of(arena, Rows.Type.BFLOAT16, new float[count]);
        VectorNumbers.narrow(from.address(), to.address(), Rows.Type.BFLOAT16, count);
        assertArrayEquals(Arrays.copyOf(expected, count), bits(to.floats()));
      }
    }
  }

  private static int[] bits(float[] numbers) {
    return IntStream.range(0, numbers.length)
        .map(i -> Float.floatToRawIntBits(numbers[i]))
        .toArray();
  }

  /// Of the two neighbours in bfloat16 the nearer one, by distances in float64.
  private static float nearest(float number) {
    int bits = Float.floatToRawIntBits(number);
    float below = Float.intBitsToFloat(bits & 0xffff0000);
    if (!Float.isFinite(number) || below == number) {
      return number;
    }
    float above = Float.intBitsToFloat((bits & 0xffff0000) + 0x10000);
    double down = Math.abs((double) number - below);
    double up = Float.isInfinite(above) ? Math.scalb(1.0, 128) - Math.abs(number) : 0;
    up = Float.isInfinite(above) ? up : Math.abs((double) above - number);
    if (down == up) {
      return (bits & 0x10000) == 0 ? below : above;
    }
    return down < up ? below : above;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 16, 31, 64, 100})
  void wideningMultipliesAndLosesNothing(int count) {
    float[] numbers = GuardedNumbers.gaussian(new Random(count), count);
    for (Rows.Type type : Rows.Type.values()) {
      try (Arena arena = Arena.ofConfined()) {
        GuardedNumbers from = GuardedNumbers.of(arena, type, numbers);
        GuardedNumbers to = GuardedNumbers.unwritten(arena, count);
        VectorNumbers.widen(from.address(), type, to.address(), count, 0.5f);
        float[] halved = from.floats();
        for (int i = 0; i < count; i++) {
          halved[i] *= 0.5f;
        }
        assertArrayEquals(halved, to.floats());
      }
    }
  }

  @Test
  void aTileIsTurnedAboutItsDiagonal() {
    int side = Transposition.SIDE;
    float[] tile = new float[side * side];
    for (int i = 0; i < tile.length; i++) {
      tile[i] = i;
    }
    try (Arena arena = Arena.ofConfined()) {
      GuardedNumbers numbers = GuardedNumbers.of(arena, tile);
      Transposition.turn(numbers.address());
      float[] turned = numbers.floats();
      for (int i = 0; i < tile.length; i++) {
        assertEquals(i % side * side + i / side, turned[i]);
      }
    }
  }
}
