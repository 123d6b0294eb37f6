package org.mneme.data;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Seeded permutations.
final class Shuffle {
  private Shuffle() {}

  /// The numbers from 0 to `size - 1` in an order that `seed` alone decides.
  static int[] order(int size, long seed) {
    int[] order = IntStream.range(0, size).toArray();
    inPlace(order, seed);
    return order;
  }

  /// Puts `values` into an order that `seed` alone decides, every order as likely as another.
  static void inPlace(int[] values, long seed) {
    var random = new SplittableRandom(seed);
    for (int i = values.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int value = values[i];
      values[i] = values[other];
      values[other] = value;
    }
  }
}
