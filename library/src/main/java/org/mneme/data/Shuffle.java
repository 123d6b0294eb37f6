package org.mneme.data;

import java.util.SplittableRandom;

/// Seeded permutations.
final class Shuffle {
  private Shuffle() {}

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
