package org.mneme.metric;

/// How often a class was predicted where it is right, is the gold answer, and was predicted.
record Counts(long right, long gold, long predicted) {
  static final Counts NONE = new Counts(0, 0, 0);

  /// One answer about a class: whether it is gold, and whether it was predicted.
  static Counts of(boolean gold, boolean predicted) {
    return new Counts(gold && predicted ? 1 : 0, gold ? 1 : 0, predicted ? 1 : 0);
  }

  Counts plus(Counts other) {
    return new Counts(right + other.right, gold + other.gold, predicted + other.predicted);
  }

  /// 0 where the class was never predicted.
  double precision() {
    return predicted == 0 ? 0 : (double) right / predicted;
  }

  /// 0 where the class is never gold.
  double recall() {
    return gold == 0 ? 0 : (double) right / gold;
  }

  /// The harmonic mean of the two; 0 where the class is neither gold nor predicted.
  double f1() {
    return gold + predicted == 0 ? 0 : 2.0 * right / (gold + predicted);
  }
}
