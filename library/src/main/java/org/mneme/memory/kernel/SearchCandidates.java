package org.mneme.memory.kernel;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

final class SearchCandidates {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();
  private static final IntVector IOTA = IntVector.zero(INTS).addIndex(1);

  float[] scores = new float[0];
  int[] slots = new int[0];
  private int[] ranks = new int[0];
  int size;

  void reserve(int capacity) {
    if (scores.length < capacity + 2 * LANES) {
      scores = new float[capacity + 2 * LANES];
      slots = new int[capacity + 2 * LANES];
      ranks = new int[capacity + 2 * LANES];
    }
  }

  /// After all scores are in: NaN behind.
  void end(int size) {
    this.size = size;
    FloatVector.broadcast(FLOATS, Float.NaN).intoArray(scores, size);
  }

  /// Leaves those that reach the bound; positions become slots.
  void numberAndKeep(float[] rows, int row, int keys, float bound) {
    int kept = 0;
    for (int i = 0; i < keys; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, rows, row + i);
      VectorMask<Float> stays = score.compare(GE, bound);
      score.compress(stays).intoArray(scores, kept);
      IOTA.add(i).compress(stays.cast(INTS)).intoArray(slots, kept);
      kept += stays.trueCount();
    }
    end(kept);
  }

  void keep(float bound) {
    int kept = 0;
    for (int i = 0; i < size; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      IntVector slot = IntVector.fromArray(INTS, slots, i);
      VectorMask<Float> stays = score.compare(GE, bound);
      score.compress(stays).intoArray(scores, kept);
      slot.compress(stays.cast(INTS)).intoArray(slots, kept);
      kept += stays.trueCount();
    }
    end(kept);
  }

  void copy(float[] rows, int row, int keys) {
    System.arraycopy(rows, row, scores, 0, keys);
    end(keys);
  }

  void number() {
    for (int i = 0; i < size; i += LANES) {
      IOTA.add(i).intoArray(slots, i);
    }
  }

  void clean() {
    for (int i = 0; i < size; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      score.blend(Float.NEGATIVE_INFINITY, score.compare(NE, score)).intoArray(scores, i);
    }
    end(size);
  }

  /// Leaves the k best and at most enough.
  void narrow(int k, int enough) {
    if (size <= enough) {
      return;
    }
    float max = max();
    float bound = SearchBounds.find(scores, size, k, enough, low(), max, SearchBounds.EXACT);
    if (SearchBounds.count(scores, size, max) >= k) {
      bound = max;
    }
    keep(bound);
    if (size > enough) {
      keepFirst(bound, k, enough);
    }
  }

  private float max() {
    FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < size; i += LANES) {
      FloatVector next = FloatVector.fromArray(FLOATS, scores, i);
      max = max.blend(next, next.compare(GT, max));
    }
    max.intoArray(scratch, 0);
    return SearchBounds.max(scratch, LANES);
  }

  private float low() {
    FloatVector max = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    for (int i = 0; i < size; i += LANES) {
      FloatVector next = FloatVector.fromArray(FLOATS, scores, i);
      max = max.blend(next, next.compare(LT, max));
    }
    max.intoArray(scratch, 0);
    return SearchBounds.min(scratch, LANES);
  }

  private final float[] scratch = new float[LANES];

  private void keepFirst(float bound, int k, int enough) {
    int low = -1;
    int high = slotMax();
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      int count = countFirst(bound, middle);
      if (count < k) {
        low = middle;
      } else {
        high = middle;
        if (count <= enough) {
          break;
        }
      }
    }
    int kept = 0;
    for (int i = 0; i < size; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      IntVector slot = IntVector.fromArray(INTS, slots, i);
      VectorMask<Integer> stays =
          score
              .compare(GT, bound)
              .cast(INTS)
              .or(score.compare(EQ, bound).cast(INTS).and(slot.compare(LT, high + 1)));
      score.compress(stays.cast(FLOATS)).intoArray(scores, kept);
      slot.compress(stays).intoArray(slots, kept);
      kept += stays.trueCount();
    }
    end(kept);
  }

  private int slotMax() {
    int max = 0;
    for (int i = 0; i < size; i++) {
      max = Math.max(max, slots[i]);
    }
    return max;
  }

  private int countFirst(float bound, int last) {
    int count = 0;
    for (int i = 0; i < size; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      IntVector slot = IntVector.fromArray(INTS, slots, i);
      VectorMask<Integer> stays =
          score
              .compare(GT, bound)
              .cast(INTS)
              .or(score.compare(EQ, bound).cast(INTS).and(slot.compare(LT, last + 1)));
      count += stays.trueCount();
    }
    return count;
  }

  /// Writes the best in order.
  void sort(float[] toScores, int[] toSlots) {
    rank();
    if (!place(toScores, toSlots)) {
      rankTies();
      place(toScores, toSlots);
    }
  }

  private void rank() {
    for (int i = 0; i < size; i += LANES) {
      FloatVector own = FloatVector.fromArray(FLOATS, scores, i);
      IntVector rank = IntVector.zero(INTS);
      for (int j = 0; j < size; j++) {
        rank = rank.add(1, own.compare(LT, scores[j]).cast(INTS));
      }
      rank.intoArray(ranks, i);
    }
  }

  private void rankTies() {
    for (int i = 0; i < size; i += LANES) {
      FloatVector own = FloatVector.fromArray(FLOATS, scores, i);
      IntVector slot = IntVector.fromArray(INTS, slots, i);
      IntVector rank = IntVector.zero(INTS);
      for (int j = 0; j < size; j++) {
        rank = rank.add(1, own.compare(LT, scores[j]).cast(INTS));
        rank = rank.add(1, own.compare(EQ, scores[j]).cast(INTS).and(slot.compare(GT, slots[j])));
      }
      rank.intoArray(ranks, i);
    }
  }

  private boolean place(float[] toScores, int[] toSlots) {
    int sum = 0;
    for (int i = 0; i < size; i++) {
      int rank = ranks[i];
      toScores[rank] = scores[i];
      toSlots[rank] = slots[i];
      sum += rank;
    }
    return sum == size * (size - 1) / 2;
  }
}
