package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import org.mneme.tensor.Randomness;

/// What dropout multiplies numbers with: 0 for a share of them, 1 / (1 - share) for the others
/// (Srivastava et al. 2014). A hash of seed and place decides, so that any of it can be made again
/// at any time, on any machine, and in any order.
public final class DropoutNoise {
  // a bijective hash of 32 bits with a bias next to nothing, its two halves keyed
  static final int STEP = 0x9E3779B9; // 2^32 by the golden ratio
  static final int FIRST_FACTOR = 0x21F0AAAD;
  static final int SECOND_FACTOR = 0xD35A2D97;
  static final int FIRST_SHIFT = 16;
  static final int SECOND_SHIFT = 15;

  private static final MemorySegment ALL = NativeMemory.ALL;

  private DropoutNoise() {}

  /// Fills memory with the noise of places 0 to `count`.
  ///
  /// @param share in [0, 1)
  public static void fill(long seed, double share, Rows.Type type, long address, int count) {
    if (KernelChoice.compilesVectors()) {
      VectorDropoutNoise.fill(seed, share, type, address, 0, count);
    } else {
      plain(seed, share, type, address, 0, count);
    }
  }

  /// The same for places from `from` on, without vectors.
  static void plain(long seed, double share, Rows.Type type, long address, int from, int count) {
    long key = Randomness.derive(seed);
    int threshold = threshold(share);
    float factor = factor(share);
    short brain = BrainFloat.round(factor);
    for (int i = 0; i < count; i++) {
      boolean stays = hash(key, from + i) >>> 1 >= threshold;
      switch (type) {
        case FLOAT32 -> ALL.set(JAVA_FLOAT, address + (long) i * Float.BYTES, stays ? factor : 0);
        case BFLOAT16 ->
            ALL.set(JAVA_SHORT, address + (long) i * Short.BYTES, stays ? brain : (short) 0);
      }
    }
  }

  /// The least hash, without its lowest bit, of a number that stays.
  static int threshold(double share) {
    return (int) (share * (1L << 31));
  }

  /// Of numbers that stay.
  static float factor(double share) {
    return (float) (1 / (1 - share));
  }

  private static int hash(long key, int place) {
    int x = place * STEP + (int) key;
    x = (x ^ (x >>> FIRST_SHIFT)) * FIRST_FACTOR;
    x = (x ^ (x >>> SECOND_SHIFT) ^ (int) (key >>> Integer.SIZE)) * SECOND_FACTOR;
    return x ^ (x >>> SECOND_SHIFT);
  }
}
