package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.util.Arrays;

/// Rows that are read side by side. Always so many: where there are fewer, the first one fills the
/// rest, with weight 0. For one thread.
final class RowsInFlight {
  // rows of 3 KB, two threads, ms: 4 rows 47, 8 rows 37, 16 rows 33, 32 rows 36
  static final int COUNT = 16;

  final long[] rows = new long[COUNT];
  final float[] weights = new float[COUNT];
  final float[] sums = new float[COUNT]; // one of each row, for whoever wants such

  /// Takes up the reads `from` to at most `end` (exclusive); returns how many they are.
  int load(Rows table, Reads reads, long from, long end) {
    int count = (int) Math.min(COUNT, end - from);
    for (int i = 0; i < count; i++) {
      rows[i] = table.row(reads.slot(from + i));
    }
    return fill(count);
  }

  /// The same, with the weights of the reads at address `weights`.
  int load(Rows table, Reads reads, long from, long end, long weights) {
    int count = load(table, reads, from, end);
    for (int i = 0; i < count; i++) {
      this.weights[i] = NativeMemory.ALL.get(JAVA_FLOAT, weights + (from + i) * Float.BYTES);
    }
    return count;
  }

  /// Makes `count` of them all.
  int fill(int count) {
    Arrays.fill(rows, count, COUNT, rows[0]);
    Arrays.fill(weights, count, COUNT, 0);
    return count;
  }
}
