package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        1, 2, 3, 4, 5, 8, 13, 16, 17, 25, 33, 63, 64, 65, 255, 256, 257, 1000, 4095, 4097, 65_536,
        65_537, 1_000_003
      })
  void everyNumberHasOnePlace(int size) {
    for (long seed = 0; seed < 3; seed++) {
      var order = new Permutation(size, seed);
      BitSet seen = new BitSet(size);
      for (int place = 0; place < size; place++) {
        long number = order.at(place);
        assertTrue(number >= 0 && number < size);
        assertFalse(seen.get((int) number), "twice: " + number);
        seen.set((int) number);
      }
      assertEquals(size, seen.cardinality());
    }
  }

  @Test
  void seedsDecideAndDiffer() {
    long[] one = numbers(1000, 1);
    assertTrue(Arrays.equals(one, numbers(1000, 1)));
    assertFalse(Arrays.equals(one, numbers(1000, 2)));
  }

  private static long[] numbers(int size, long seed) {
    var order = new Permutation(size, seed);
    return LongStream.range(0, size).map(order::at).toArray();
  }

  @Test
  void everyOrderOfFewNumbersIsAboutAsLikely() {
    Map<String, Integer> counts = new HashMap<>();
    for (long seed = 0; seed < 24_000; seed++) {
      counts.merge(Arrays.toString(numbers(4, seed)), 1, Integer::sum);
    }
    assertEquals(24, counts.size());
    counts.values().forEach(count -> assertEquals(1000, count, 150));
  }

  @Test
  void everyNumberComesToEveryPlaceAboutAsOften() {
    int size = 100;
    int[][] counts = new int[size][size];
    for (long seed = 0; seed < 20_000; seed++) {
      long[] numbers = numbers(size, seed);
      for (int place = 0; place < size; place++) {
        counts[place][(int) numbers[place]]++;
      }
    }
    double squares = 0;
    for (int[] row : counts) {
      for (int count : row) {
        squares += (count - 200) * (count - 200) / 200.0;
      }
    }
    // chi squared of 9801 degrees of freedom: deviation 140
    assertEquals(9801, squares, 5 * 140);
  }

  @Test
  void hugeSizesCostNothing() {
    long size = (1L << 59) + 12_345;
    var order = new Permutation(size, 4);
    for (long place : new long[] {0, 1, size / 2, size - 1}) {
      assertTrue(order.at(place) >= 0 && order.at(place) < size);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> order.at(size));
    assertThrows(IndexOutOfBoundsException.class, () -> new Permutation(0, 1).at(0));
  }
}
