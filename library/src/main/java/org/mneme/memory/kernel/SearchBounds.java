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

final class SearchBounds {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();
  static final int HALVINGS = 8;
  static final int EXACT = HALVINGS + Integer.SIZE;
  private static final int MAGNITUDE = 0x7fffffff;

  private SearchBounds() {}

  /// Largest of each lane
  static void maxima(float[] scores, int from, int to, int end, float[] maxima) {
    for (int group = 0; group < end; group += LANES) {
      FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
      for (int i = from + group; i < to; i += end) {
        FloatVector next = FloatVector.fromArray(FLOATS, scores, i);
        max = max.blend(next, next.compare(GT, max));
      }
      max.intoArray(maxima, group);
    }
  }

  static int count(float[] scores, int size, float bound) {
    int count = 0;
    for (int i = 0; i < size; i += LANES) {
      count += FloatVector.fromArray(FLOATS, scores, i).compare(GE, bound).trueCount();
    }
    return count;
  }

  static float find(
      float[] scores, int size, int k, int enough, float low, float high, int attempts) {
    float reached = low;
    float missed = high;
    for (int i = 0; i < attempts; i++) {
      float middle = reached + (missed - reached) * 0.5f;
      if (i >= HALVINGS || !(middle > reached && middle < missed)) {
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

  static float min(float[] scores, int size) {
    int min = Integer.MAX_VALUE;
    for (int i = 0; i < size; i += LANES) {
      min = Math.min(min, order(FloatVector.fromArray(FLOATS, scores, i)).reduceLanes(MIN));
    }
    return score(min);
  }

  static float max(float[] scores, int size) {
    int max = Integer.MIN_VALUE;
    for (int i = 0; i < size; i += LANES) {
      max = Math.max(max, order(FloatVector.fromArray(FLOATS, scores, i)).reduceLanes(MAX));
    }
    return score(max);
  }

  private static float between(float low, float high) {
    int a = order(low);
    int b = order(high);
    return score((a & b) + ((a ^ b) >> 1));
  }

  /// Whole numbers in the order of the scores.
  private static IntVector order(FloatVector scores) {
    IntVector bits = scores.reinterpretAsInts();
    return bits.lanewise(ASHR, Integer.SIZE - 1).and(MAGNITUDE).lanewise(XOR, bits);
  }

  private static int order(float score) {
    int bits = Float.floatToRawIntBits(score);
    return bits ^ ((bits >> (Integer.SIZE - 1)) & MAGNITUDE);
  }

  private static float score(int order) {
    return Float.intBitsToFloat(order ^ ((order >> (Integer.SIZE - 1)) & MAGNITUDE));
  }
}
