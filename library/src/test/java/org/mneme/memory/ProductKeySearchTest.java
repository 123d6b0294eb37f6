package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProductKeySearchTest {
  private static final int HEADS = 2;
  private static final int TOKENS = 3;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 33})
  void findsTheSlotsOfBruteForce(int keysPerSide) {
    for (int k = 1; k <= keysPerSide; k++) {
      check(keysPerSide, k, Random::nextGaussian);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 33})
  void ofManyEqualScoresTheLowerSlotsWin(int keysPerSide) {
    for (int k = 1; k <= keysPerSide; k++) {
      check(keysPerSide, k, random -> 0);
      check(keysPerSide, k, random -> random.nextInt(2));
      check(keysPerSide, k, random -> random.nextInt(4) * 0.25 - 0.5);
      check(keysPerSide, k, random -> random.nextBoolean() ? 0.0 : -0.0);
    }
  }

  /// Sums of very unequal halves would be equal in float32.
  @ParameterizedTest
  @ValueSource(ints = {3, 16})
  void sumsAreComparedExactly(int keysPerSide) {
    for (int k = 1; k <= keysPerSide; k++) {
      check(keysPerSide, k, random -> (random.nextBoolean() ? 1e6f : 1e-1f) * random.nextInt(3));
    }
  }

  @Test
  void infiniteScoresKeepTheirPlace() {
    check(7, 5, random -> random.nextInt(3) == 0 ? Double.NEGATIVE_INFINITY : random.nextInt(3));
  }

  @Test
  void scoresThatAreNoNumbersAreNoCrash() {
    float[] scores = new float[2 * 5];
    Arrays.fill(scores, Float.NaN);
    var selection = new ProductKeySearch(5, 3).select(MemorySegment.ofArray(scores), false, 1, 1);
    assertEquals(3, selection.slots().length);
  }

  @Test
  void countsThePairsThatCanWin() {
    assertEquals(119, ProductKeySearch.cells(32));
    assertEquals(1, ProductKeySearch.cells(1));
  }

  private static void check(int keysPerSide, int k, ToDoubleFunction<Random> draw) {
    Random random = new Random(31L * keysPerSide + k);
    double[] scores = new double[HEADS * 2 * TOKENS * keysPerSide];
    float[] narrow = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      narrow[i] = (float) draw.applyAsDouble(random);
      scores[i] = narrow[i];
    }
    var search = new ProductKeySearch(keysPerSide, k);
    var selection = search.select(MemorySegment.ofArray(narrow), false, HEADS, TOKENS);
    var wide = search.select(MemorySegment.ofArray(scores), true, HEADS, TOKENS);
    assertArrayEquals(selection.slots(), wide.slots());
    assertArrayEquals(selection.halves(), wide.halves());

    for (int token = 0; token < TOKENS; token++) {
      for (int head = 0; head < HEADS; head++) {
        int left = 2 * head * TOKENS + token;
        int right = left + TOKENS;
        long[] expected =
            bruteForce(scores, left * keysPerSide, right * keysPerSide, keysPerSide, k);
        for (int i = 0; i < k; i++) {
          long slot = selection.slots()[(token * HEADS + head) * k + i];
          assertEquals(expected[i], slot);
          assertEquals(slot / keysPerSide, selection.halves()[left * k + i]);
          assertEquals(slot % keysPerSide, selection.halves()[right * k + i]);
        }
      }
    }
  }

  private static long[] bruteForce(double[] scores, int left, int right, int keysPerSide, int k) {
    return IntStream.range(0, keysPerSide * keysPerSide)
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer slot) ->
                    0.0 - scores[left + slot / keysPerSide] - scores[right + slot % keysPerSide])
                .thenComparing(slot -> slot))
        .limit(k)
        .mapToLong(Integer::longValue)
        .toArray();
  }
}
