package org.mneme.memory.kernel;

/// Scores and the slots or half-keys they belong to, sorted; there may be more room than they need.
record SearchList(float[] scores, int[] slots) {
  SearchList(int room) {
    this(new float[room], new int[room]);
  }
}
