package org.mneme.memory.kernel;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;
import static org.mneme.memory.kernel.SearchBounds.FLOATS;
import static org.mneme.memory.kernel.SearchBounds.INTS;
import static org.mneme.memory.kernel.SearchBounds.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// Scores of which the best are wanted, each with its slot: first most of the others are thrown
/// out, then each that is left gets its place by counting the better ones. Nothing is inserted
/// anywhere, and there is hardly a branch that depends on the scores.
///
/// Behind the last score stands a vector of NaN, which reaches no bound.
final class SearchCandidates {
  /// Narrow vectors belong to processors for which the JVM has no instruction that moves the chosen
  /// lanes together.
  private static final boolean COMPRESSES = LANES >= 8;

  final float[] scores;
  final int[] slots;
  private final int[] numbers; // 0, 1, 2, ...
  private final int[] ranks;
  private final int[] placed;
  private int size;

  /// @param room for scores; what is sorted in the end are fewer, at most `most`
  SearchCandidates(int room, int most) {
    scores = new float[room + LANES];
    slots = new int[room + LANES];
    numbers = new int[room + LANES];
    Arrays.setAll(numbers, i -> i);
    ranks = new int[most + LANES];
    placed = new int[most];
  }

  int size() {
    return size;
  }

  /// The scores are in their array.
  void setSize(int size) {
    this.size = size;
    FloatVector.broadcast(FLOATS, Float.NaN).intoArray(scores, size);
  }

  /// Leaves the scores that reach `bound`; their positions are their slots.
  void numberAndKeep(float bound) {
    keep(numbers, bound);
  }

  /// Leaves the scores that reach `bound`.
  void keep(float bound) {
    keep(slots, bound);
  }

  private void keep(int[] from, float bound) {
    if (!COMPRESSES) {
      keepOneByOne(from, bound);
      return;
    }
    int kept = 0;
    for (int i = 0; i < size; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      IntVector slot = IntVector.fromArray(INTS, from, i);
      VectorMask<Float> stays = score.compare(GE, bound);
      score.compress(stays).intoArray(scores, kept);
      slot.compress(stays.cast(INTS)).intoArray(slots, kept);
      kept += stays.trueCount();
    }
    setSize(kept);
  }

  private void keepOneByOne(int[] from, float bound) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      float score = scores[i];
      scores[kept] = score;
      slots[kept] = from[i];
      kept += score >= bound ? 1 : 0; // no branch: which scores stay cannot be predicted
    }
    setSize(kept);
  }

  /// The scores' positions become their slots.
  void number() {
    System.arraycopy(numbers, 0, slots, 0, size);
  }

  /// What is not a number becomes minus infinity.
  void clean() {
    for (int i = 0; i < size; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      score.blend(Float.NEGATIVE_INFINITY, score.compare(NE, score)).intoArray(scores, i);
    }
    setSize(size);
  }

  /// Leaves the `k` best and at most `enough`, where all are numbers from `low` to `high`.
  void narrow(int k, int enough, float low, float high) {
    float bound =
        SearchBounds.count(scores, size, high) >= k
            ? high
            : SearchBounds.find(scores, size, k, enough, low, high, SearchBounds.EXACT);
    if (bound > low) {
      keep(bound);
    }
    if (size > enough) {
      keepLowest(bound, lastSlot(bound, k, enough)); // more are equal than needed
    }
  }

  /// A slot such that the scores above `bound` and those equal to it up to that slot are at least
  /// `k` and at most `enough`.
  private int lastSlot(float bound, int k, int enough) {
    int missed = -1;
    int reached = largestSlot();
    int middle = (int) ((long) reached * (k + enough) / (2L * size)); // right if evenly spread
    while (reached - missed > 1) {
      int count = countLowest(bound, middle);
      if (count < k) {
        missed = middle;
      } else {
        reached = middle;
        if (count <= enough) {
          break;
        }
      }
      middle = (missed + reached) >>> 1;
    }
    return reached;
  }

  private int largestSlot() {
    int largest = 0;
    for (int i = 0; i < size; i++) {
      largest = Math.max(largest, slots[i]);
    }
    return largest;
  }

  private int countLowest(float bound, int lastSlot) {
    int count = 0;
    for (int i = 0; i < size; i += LANES) {
      count += lowest(i, bound, lastSlot).trueCount();
    }
    return count;
  }

  private void keepLowest(float bound, int lastSlot) {
    int kept = 0;
    for (int i = 0; i < size; i += LANES) {
      VectorMask<Integer> stays = lowest(i, bound, lastSlot);
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
      IntVector slot = IntVector.fromArray(INTS, slots, i);
      score.compress(stays.cast(FLOATS)).intoArray(scores, kept);
      slot.compress(stays).intoArray(slots, kept);
      kept += stays.trueCount();
    }
    setSize(kept);
  }

  /// Which candidates of the vector at `i` exceed `bound`, or reach it and have no later slot.
  private VectorMask<Integer> lowest(int i, float bound, int lastSlot) {
    FloatVector score = FloatVector.fromArray(FLOATS, scores, i);
    VectorMask<Integer> first = IntVector.fromArray(INTS, slots, i).compare(LE, lastSlot);
    return score.compare(EQ, bound).cast(INTS).and(first).or(score.compare(GT, bound).cast(INTS));
  }

  /// Writes the candidates in order: by falling score, of equal scores the lower slot first.
  void sort(SearchList target) {
    rank();
    if (place(target)) {
      return;
    }
    rankSlots(); // some scores are equal
    place(target);
    System.arraycopy(target.scores(), 0, scores, 0, size);
    System.arraycopy(target.slots(), 0, slots, 0, size);
    rank();
    placeEquals(target);
  }

  /// Counts, for each candidate, those of higher score.
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

  /// Counts, for each candidate, those of lower slot.
  private void rankSlots() {
    for (int i = 0; i < size; i += LANES) {
      IntVector own = IntVector.fromArray(INTS, slots, i);
      IntVector rank = IntVector.zero(INTS);
      for (int j = 0; j < size; j++) {
        rank = rank.add(1, own.compare(GT, slots[j]));
      }
      rank.intoArray(ranks, i);
    }
  }

  /// Puts each candidate where its rank says; false if some have the same.
  private boolean place(SearchList target) {
    int sum = 0;
    for (int i = 0; i < size; i++) {
      int rank = ranks[i];
      target.scores()[rank] = scores[i];
      target.slots()[rank] = slots[i];
      sum += rank;
    }
    return sum == size * (size - 1) / 2;
  }

  /// Puts each candidate behind those of the same rank that come before it.
  private void placeEquals(SearchList target) {
    Arrays.fill(placed, 0, size, 0);
    for (int i = 0; i < size; i++) {
      int rank = ranks[i] + placed[ranks[i]]++;
      target.scores()[rank] = scores[i];
      target.slots()[rank] = slots[i];
    }
  }
}
