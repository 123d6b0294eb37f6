package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.tensor.Randomness;

class DropoutNoiseTest {
  private static final int COUNT = 1 << 18;
  private static final double DEVIATIONS = 5;

  private static float[] plain(long seed, double share, Rows.Type type, int from, int count) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedNumbers numbers = GuardedNumbers.of(arena, type, new float[count]);
      DropoutNoise.plain(seed, share, type, numbers.address(), from, count);
      return numbers.floats();
    }
  }

  private static float[] vector(long seed, double share, Rows.Type type, int from, int count) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedNumbers numbers = GuardedNumbers.of(arena, type, new float[count]);
      VectorDropoutNoise.fill(seed, share, type, numbers.address(), from, count);
      return numbers.floats();
    }
  }

  @ParameterizedTest
  @EnumSource(Rows.Type.class)
  void vectorsGiveTheSameBits(Rows.Type type) {
    for (int count : new int[] {0, 1, 15, 16, 17, 1000}) {
      for (int from : new int[] {0, 3, Integer.MAX_VALUE - 5}) {
        long seed = Randomness.derive(count, from);
        assertArrayEquals(
            plain(seed, 0.3, type, from, count), vector(seed, 0.3, type, from, count));
      }
    }
  }

  @Test
  void partsAreThoseOfTheWhole() {
    float[] whole = plain(5, 0.5, Rows.Type.FLOAT32, 0, 100);
    float[] part = vector(5, 0.5, Rows.Type.FLOAT32, 30, 40);
    for (int i = 0; i < part.length; i++) {
      assertEquals(whole[30 + i], part[i]);
    }
  }

  @Test
  void whatStaysIsScaledUp() {
    for (float number : plain(1, 0.2, Rows.Type.FLOAT32, 0, 100)) {
      assertTrue(number == 0 || number == 1.25f, "" + number);
    }
    for (float number : plain(1, 0.1, Rows.Type.BFLOAT16, 0, 100)) {
      assertTrue(number == 0 || number == 1.109375f, "" + number); // 1.111 in bfloat16
    }
    for (float number : plain(1, 0, Rows.Type.FLOAT32, 0, 100)) {
      assertEquals(1, number);
    }
  }

  /// The share that is dropped, and that of places that are dropped together with the place `apart`
  /// later or with the same place of another seed, are those of independent draws.
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.5, 0.9})
  void drawsAreIndependent(double share) {
    for (long seed : new long[] {0, 1, -1, Randomness.derive(7), Randomness.derive(8)}) {
      float[] noise = vector(seed, share, Rows.Type.FLOAT32, 0, COUNT);
      assertShare(share, noise, noise, 0, "seed " + seed);
      for (int apart : new int[] {1, 2, 3, 16, 64, 256, 384, 768, 1024, 4096, 65536}) {
        assertShare(share * share, noise, noise, apart, "seed " + seed + ", apart " + apart);
      }
      for (long other : new long[] {seed + 1, seed + (1L << 32), ~seed, Randomness.derive(seed)}) {
        float[] others = vector(other, share, Rows.Type.FLOAT32, 0, COUNT);
        assertShare(share * share, noise, others, 0, "seeds " + seed + " and " + other);
      }
    }
  }

  private static void assertShare(
      double expected, float[] some, float[] others, int apart, String what) {
    int dropped = 0;
    for (int i = 0; i + apart < COUNT; i++) {
      dropped += some[i] == 0 && others[i + apart] == 0 ? 1 : 0;
    }
    int places = COUNT - apart;
    double deviation = Math.sqrt(places * expected * (1 - expected));
    assertEquals(expected * places, dropped, DEVIATIONS * deviation, what);
  }
}
