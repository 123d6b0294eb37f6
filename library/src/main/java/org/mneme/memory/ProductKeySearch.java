package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Finds the `k` best of `keysPerSide * keysPerSide` slots exactly, where the score of a slot is
/// the sum of two half-scores and `slot = left * keysPerSide + right`.
///
/// The best slots pair a half among the `k` best of the left with one among the `k` best of the
/// right; and where both are sorted, a pair of the a-th and the b-th (from 0) is beaten by `(a + 1)
/// * (b + 1) - 1` others, so only pairs with `(a + 1) * (b + 1) <= k` can win: 119 of 1,024 for `k
///   = 32`. Order: the higher sum first, then the lower slot. Float32 halves are added in float64,
///   so that sums are exact and this order too. Scores that are not a number never crash the
///   search, but what it selects then has no meaning.
///
/// Holds the working space of one thread.
final class ProductKeySearch {
  private final int keysPerSide;
  private final int k;

  // the best of each side, sorted: [2][k]
  private final double[][] halfScores;
  private final int[][] halves;

  // the best pairs, sorted: [k]
  private final double[] sums;
  private final int[] slots;
  private final int[] pairs; // left rank * k + right rank

  private final double[] scores;
  private final float[] floats;

  /// A search for the `k` best of `keysPerSide * keysPerSide` slots.
  ProductKeySearch(int keysPerSide, int k) {
    this.keysPerSide = keysPerSide;
    this.k = k;
    halfScores = new double[2][k];
    halves = new int[2][k];
    sums = new double[k];
    slots = new int[k];
    pairs = new int[k];
    scores = new double[keysPerSide];
    floats = new float[keysPerSide];
  }

  /// What was selected: `halves` `[heads, 2, tokens, k]` holds the half-keys of both sides and
  /// `slots` `[tokens, heads, k]` the slots, both by falling score.
  record Selection(long[] halves, long[] slots) {}

  /// Pairs of sorted halves that can be among the `k` best.
  static int cells(int k) {
    int cells = 0;
    for (int a = 1; a <= k; a++) {
      cells += k / a;
    }
    return cells;
  }

  /// Searches for every token and head.
  ///
  /// @param memory `[heads, 2, tokens, keysPerSide]` half-scores, float64 if `wide`, else float32
  Selection select(MemorySegment memory, boolean wide, int heads, int tokens) {
    long[] selectedHalves = new long[heads * 2 * tokens * k];
    long[] selectedSlots = new long[tokens * heads * k];
    for (int head = 0; head < heads; head++) {
      for (int token = 0; token < tokens; token++) {
        int left = 2 * head * tokens + token;
        int right = left + tokens;
        load(memory, wide, left);
        sortHalf(0);
        load(memory, wide, right);
        sortHalf(1);
        sortPairs();
        int target = (token * heads + head) * k;
        for (int i = 0; i < k; i++) {
          selectedHalves[left * k + i] = halves[0][pairs[i] / k];
          selectedHalves[right * k + i] = halves[1][pairs[i] % k];
          selectedSlots[target + i] = slots[i];
        }
      }
    }
    return new Selection(selectedHalves, selectedSlots);
  }

  private void load(MemorySegment memory, boolean wide, int row) {
    long start = (long) row * keysPerSide;
    if (wide) {
      MemorySegment.copy(
          memory, ValueLayout.JAVA_DOUBLE, start * Double.BYTES, scores, 0, keysPerSide);
      return;
    }
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, start * Float.BYTES, floats, 0, keysPerSide);
    for (int i = 0; i < keysPerSide; i++) {
      scores[i] = floats[i];
    }
  }

  /// Puts the `k` best of `scores` in order: the higher first, of equals the lower index.
  private void sortHalf(int side) {
    double[] best = halfScores[side];
    int[] index = halves[side];
    int last = k - 1;
    for (int i = 0; i < keysPerSide; i++) {
      double score = scores[i];
      if (i >= k && !(score > best[last])) {
        continue;
      }
      int place = Math.min(i, last);
      while (place > 0 && best[place - 1] < score) {
        best[place] = best[place - 1];
        index[place] = index[place - 1];
        place--;
      }
      best[place] = score;
      index[place] = i;
    }
  }

  /// Puts the `k` best pairs in order: the higher sum first, of equals the lower slot.
  private void sortPairs() {
    int found = 0;
    int last = k - 1;
    for (int a = 0; a < k; a++) {
      double leftScore = halfScores[0][a];
      int row = halves[0][a] * keysPerSide;
      int end = k / (a + 1);
      for (int b = 0; b < end; b++) {
        double sum = leftScore + halfScores[1][b];
        if (found == k && sum < sums[last]) {
          break; // further pairs of this row are no better
        }
        int slot = row + halves[1][b];
        if (found == k && !before(sum, slot, last)) {
          continue;
        }
        int place = found == k ? last : found++;
        while (place > 0 && before(sum, slot, place - 1)) {
          sums[place] = sums[place - 1];
          slots[place] = slots[place - 1];
          pairs[place] = pairs[place - 1];
          place--;
        }
        sums[place] = sum;
        slots[place] = slot;
        pairs[place] = a * k + b;
      }
    }
  }

  private boolean before(double sum, int slot, int place) {
    return sum > sums[place] || (sum == sums[place] && slot < slots[place]);
  }
}
