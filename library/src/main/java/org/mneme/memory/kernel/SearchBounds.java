package org.mneme.memory.kernel;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// Bounds that the best scores reach, found by halving and counting.
final class SearchBounds {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();

  /// Attempts that come close to a bound of well spread scores.
  static final int CLOSE = 8;

  /// Attempts after which a bound is as high as it can be, whatever the scores.
  static final int EXACT = CLOSE + Integer.SIZE;

  private static final int SIGN = Integer.SIZE - 1;

  private SearchBounds() {}

  /// Writes the largest score of each of `groups` groups: the i-th, the i + groups-th and so on. At
  /// least `k` scores reach what `k` of these maxima reach.
  ///
  /// @param groups a multiple of the lanes
  static void maxima(float[] scores, int size, float[] maxima, int groups) {
    for (int group = 0; group < groups; group += LANES) {
      FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
      for (int i = group; i < size; i += groups) {
        FloatVector next = FloatVector.fromArray(FLOATS, scores, i);
        max = max.blend(next, next.compare(GT, max)); // max() would take longer, for NaN and -0
      }
      max.intoArray(maxima, group);
    }
  }

  /// How many scores reach the bound.
  static int count(float[] scores, int size, float bound) {
    int count = 0;
    for (int i = 0; i < size; i += LANES) {
      count += FloatVector.fromArray(FLOATS, scores, i).compare(GE, bound).trueCount();
    }
    return count;
  }

  /// A bound from `low` to `high` that at least `k` scores reach and, attempts permitting, at most
  /// `enough`, or that no bound can exceed without losing one of the `k` best.
  ///
  /// @param low a bound that at least `k` scores reach
  /// @param high a bound that fewer reach; if more do, the result is still right, but lower than it
  ///   could be
  static float find(
      float[] scores, int size, int k, int enough, float low, float high, int attempts) {
    float reached = low;
    float missed = high;
    for (int i = 0; i < attempts; i++) {
      float middle = reached + (missed - reached) * 0.5f;
      if (i >= CLOSE || !(middle > reached && middle < missed)) {
        middle = between(reached, missed);
        if (middle == reached) {
          break;
        }
      }
      int count = count(scores, size, middle);
      if (count < k) {
        missed = middle;
      } else {
        reached = middle;
        if (count <= enough) {
          break;
        }
      }
    }
    return reached;
  }

  /// The least of whole vectors of scores that are numbers.
  static float min(float[] scores, int size) {
    int min = Integer.MAX_VALUE;
    for (int i = 0; i < size; i += LANES) {
      min = Math.min(min, order(FloatVector.fromArray(FLOATS, scores, i)).reduceLanes(MIN));
    }
    return score(min);
  }

  /// The largest of whole vectors of scores that are numbers.
  static float max(float[] scores, int size) {
    int max = Integer.MIN_VALUE;
    for (int i = 0; i < size; i += LANES) {
      max = Math.max(max, order(FloatVector.fromArray(FLOATS, scores, i)).reduceLanes(MAX));
    }
    return score(max);
  }

  /// The score in the middle of all float32 numbers between two.
  private static float between(float low, float high) {
    int a = order(low);
    int b = order(high);
    return score((a & b) + ((a ^ b) >> 1));
  }

  /// Whole numbers in the order of the scores; minus zero comes right before zero.
  private static IntVector order(FloatVector scores) {
    IntVector bits = scores.reinterpretAsInts();
    return bits.lanewise(ASHR, SIGN).and(Integer.MAX_VALUE).lanewise(XOR, bits);
  }

  private static int order(float score) {
    return flip(Float.floatToRawIntBits(score));
  }

  private static float score(int order) {
    return Float.intBitsToFloat(flip(order));
  }

  private static int flip(int bits) {
    return bits ^ ((bits >> SIGN) & Integer.MAX_VALUE);
  }
}
