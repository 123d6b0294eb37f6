package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

/// Searches by insertion into sorted lists, in plain Java.
public final class PlainSlotSearch implements SlotSearch {
  private Best left = new Best(0);
  private Best right = new Best(0);
  private Best pairs = new Best(0);

  @Override
  public void product(Task task, int from, int to) {
    reserve(task.k());
    for (int query = from; query < to; query++) {
      int token = query / task.heads();
      int head = query % task.heads();
      long row = 2L * head * task.tokens() + token;
      left.clear();
      right.clear();
      pairs.clear();
      left.addRow(task.scores() + row * task.keys() * Float.BYTES, task.keys());
      right.addRow(task.scores() + (row + task.tokens()) * task.keys() * Float.BYTES, task.keys());
      addPairs(task.keys(), task.k());
      pairs.write(task, query);
    }
  }

  @Override
  public void flat(Task task, int from, int to) {
    reserve(task.k());
    for (int query = from; query < to; query++) {
      int token = query / task.heads();
      int head = query % task.heads();
      long row = (long) head * task.tokens() + token;
      pairs.clear();
      pairs.addRow(task.scores() + row * task.keys() * Float.BYTES, task.keys());
      pairs.write(task, query);
    }
  }

  private void reserve(int k) {
    if (pairs.scores.length != k) {
      left = new Best(k);
      right = new Best(k);
      pairs = new Best(k);
    }
  }

  private void addPairs(int keys, int k) {
    for (int a = 0; a < k; a++) {
      for (int b = 0; b < k / (a + 1); b++) {
        pairs.add(left.scores[a] + right.scores[b], left.slots[a] * keys + right.slots[b]);
      }
    }
  }

  /// The best scores so far: the higher first, of equals the lower slot.
  private static final class Best {
    private final float[] scores;
    private final int[] slots;
    private int size;

    Best(int k) {
      scores = new float[k];
      slots = new int[k];
    }

    void clear() {
      size = 0;
    }

    void addRow(long address, int keys) {
      for (int i = 0; i < keys; i++) {
        add(NativeMemory.ALL.get(JAVA_FLOAT, address + (long) i * Float.BYTES), i);
      }
    }

    void add(float candidate, int slot) {
      float score = Float.isNaN(candidate) ? Float.NEGATIVE_INFINITY : candidate;
      if (size == scores.length) {
        if (!isBefore(score, slot, size - 1)) {
          return;
        }
        size--;
      }
      int place = size++;
      for (; place > 0 && isBefore(score, slot, place - 1); place--) {
        scores[place] = scores[place - 1];
        slots[place] = slots[place - 1];
      }
      scores[place] = score;
      slots[place] = slot;
    }

    private boolean isBefore(float score, int slot, int place) {
      return score > scores[place] || (score == scores[place] && slot < slots[place]);
    }

    void write(Task task, int query) {
      long start = (long) query * task.k();
      for (int i = 0; i < size; i++) {
        NativeMemory.ALL.set(JAVA_INT, task.slots() + (start + i) * Integer.BYTES, slots[i]);
        NativeMemory.ALL.set(JAVA_FLOAT, task.sums() + (start + i) * Float.BYTES, scores[i]);
      }
    }
  }
}
