package org.mneme.data;

import org.mneme.tensor.Randomness;

/// A seeded order of the numbers from 0 to `size - 1` of which any place can be looked up at once:
/// nothing is stored, however many numbers there are. Immutable.
///
/// A Feistel network permutes the next power of 4; what falls outside is sent through again until
/// it falls inside (cycle walking; Black and Rogaway, 2002), under four times on average. Few
/// numbers are really shuffled, since a network of so few bits does not reach every order.
public final class Permutation {
  private static final int SMALL = 64;
  private static final int ROUNDS = 6;

  private final long size;
  private final int[] small;
  private final int halfBits;
  private final long[] keys = new long[ROUNDS];

  /// The order of `size` numbers that `seed` decides.
  public Permutation(long size, long seed) {
    if (size < 0 || size > 1L << 60) {
      throw new IllegalArgumentException("size " + size);
    }
    this.size = size;
    small = size <= SMALL ? Shuffle.order((int) size, seed) : new int[0];
    halfBits = (64 - Long.numberOfLeadingZeros(Math.max(1, size - 1)) + 1) / 2;
    for (int round = 0; round < ROUNDS; round++) {
      keys[round] = Randomness.derive(seed, round);
    }
  }

  /// How many numbers there are.
  public long size() {
    return size;
  }

  /// The number at `place`, from 0 to `size - 1`.
  public long at(long place) {
    if (place < 0 || place >= size) {
      throw new IndexOutOfBoundsException("place " + place + " of " + size);
    }
    if (size <= SMALL) {
      return small[(int) place];
    }
    long number = place;
    do {
      number = network(number);
    } while (number >= size);
    return number;
  }

  private long network(long number) {
    long mask = (1L << halfBits) - 1;
    long left = number >>> halfBits;
    long right = number & mask;
    for (long key : keys) {
      long next = left ^ (mix(right ^ key) & mask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }

  /// The output function of SplitMix64.
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
