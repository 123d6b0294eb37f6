package org.mneme.memory.kernel;

/// Finds, for every query, the slots of highest score.
public sealed interface SlotSearch permits PlainSlotSearch, VectorSlotSearch {
  record Task(long scores, long slots, long sums, int tokens, int heads, int keys, int k) {}

  void product(Task task, int from, int to);

  void flat(Task task, int from, int to);
}
