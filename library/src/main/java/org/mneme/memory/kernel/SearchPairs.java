package org.mneme.memory.kernel;

import static org.mneme.memory.kernel.SearchBounds.FLOATS;
import static org.mneme.memory.kernel.SearchBounds.INTS;
import static org.mneme.memory.kernel.SearchBounds.LANES;

import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// The pairs of two sorted lists of half-keys that can be among the `k` best.
final class SearchPairs {
  private final int size;
  private final int[] ends; // ends[a]: the pairs of a with 0 to there, exclusive
  private final int[] corners;

  SearchPairs(int k) {
    ends = IntStream.rangeClosed(1, k).map(a -> k / a).toArray();
    size = IntStream.of(ends).sum();
    corners = corners(k);
  }

  /// The smallest pairs (a, b) that with all (up to a, up to b) are at least `k` pairs: each is a
  /// bound that the `k` best reach.
  private static int[] corners(int k) {
    return IntStream.range(0, k)
        .filter(a -> a == 0 || partner(k, a) < partner(k, a - 1))
        .flatMap(a -> IntStream.of(a, partner(k, a)))
        .toArray();
  }

  private static int partner(int k, int a) {
    return (k + a) / (a + 1) - 1;
  }

  int size() {
    return size;
  }

  /// A bound that at least `k` sums reach, or minus infinity.
  float bound(SearchList left, SearchList right) {
    float best = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < corners.length; i += 2) {
      float sum = left.scores()[corners[i]] + right.scores()[corners[i + 1]];
      best = sum > best ? sum : best; // never NaN
    }
    return best;
  }

  /// Writes all pairs: for each place on the diagonal what lies right of it, then what lies below.
  /// Each run is rounded up to whole vectors, and the next overwrites what is too much.
  ///
  /// @param left its slots already multiplied by the keys of a side
  void fill(SearchList left, SearchList right, SearchCandidates target) {
    int end = 0;
    for (int d = 0; d < ends.length && ends[d] > d; d++) {
      add(left.scores()[d], left.slots()[d], right, d, ends[d], target, end - d);
      end += ends[d] - d;
      add(right.scores()[d], right.slots()[d], left, d + 1, ends[d], target, end - d - 1);
      end += ends[d] - d - 1;
    }
    target.setSize(end);
  }

  private static void add(
      float score,
      int slot,
      SearchList list,
      int from,
      int to,
      SearchCandidates target,
      int shift) {
    for (int i = from; i < to; i += LANES) {
      FloatVector.fromArray(FLOATS, list.scores(), i)
          .add(score)
          .intoArray(target.scores, shift + i);
      IntVector.fromArray(INTS, list.slots(), i).add(slot).intoArray(target.slots, shift + i);
    }
  }
}
