package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The reads of a batch grouped by the row they read: rows rising, the reads of a row in the order
/// in which they came. A stable radix sort, whose cost depends on the reads and not on the table.
final class RowOrder {
  private static final int BITS = 11;
  private static final int DIGITS = 1 << BITS;

  private final int[] rows;
  private final int[] starts;
  private final int[] reads;

  private RowOrder(int[] rows, int[] starts, int[] reads) {
    this.rows = rows;
    this.starts = starts;
    this.reads = reads;
  }

  /// Groups the int64 row numbers in `memory` `[reads]`.
  ///
  /// @throws IllegalArgumentException if one of them is not below `tableRows`
  static RowOrder of(MemorySegment memory, int reads, int tableRows) {
    int[] keys = new int[reads];
    int[] order = new int[reads];
    for (int i = 0; i < reads; i++) {
      long row = memory.getAtIndex(ValueLayout.JAVA_LONG, i);
      if (row < 0 || row >= tableRows) {
        throw new IllegalArgumentException("row " + row + " is outside 0 to " + (tableRows - 1));
      }
      keys[i] = (int) row;
      order[i] = i;
    }
    for (int shift = 0; shift < Integer.SIZE && (tableRows - 1) >> shift > 0; shift += BITS) {
      order = sortByDigit(keys, order, shift);
    }
    return grouped(keys, order);
  }

  /// Sorts `order` by one digit of its keys, keeping the order of equal ones.
  private static int[] sortByDigit(int[] keys, int[] order, int shift) {
    int[] places = new int[DIGITS + 1];
    for (int key : keys) {
      places[((key >>> shift) & (DIGITS - 1)) + 1]++;
    }
    for (int digit = 0; digit < DIGITS; digit++) {
      places[digit + 1] += places[digit];
    }
    int[] sorted = new int[order.length];
    for (int read : order) {
      sorted[places[(keys[read] >>> shift) & (DIGITS - 1)]++] = read;
    }
    return sorted;
  }

  private static RowOrder grouped(int[] keys, int[] order) {
    int groups = 0;
    for (int i = 0; i < order.length; i++) {
      groups += i == 0 || keys[order[i]] != keys[order[i - 1]] ? 1 : 0;
    }
    int[] rows = new int[groups];
    int[] starts = new int[groups + 1];
    int group = 0;
    for (int i = 0; i < order.length; i++) {
      if (i == 0 || keys[order[i]] != keys[order[i - 1]]) {
        rows[group] = keys[order[i]];
        starts[group++] = i;
      }
    }
    starts[groups] = order.length;
    return new RowOrder(rows, starts, order);
  }

  /// Rows that are read at all.
  int groups() {
    return rows.length;
  }

  /// The row of a group.
  int row(int group) {
    return rows[group];
  }

  /// Reads of that row.
  int size(int group) {
    return starts[group + 1] - starts[group];
  }

  /// The place in the batch of the `i`-th read of that row.
  int read(int group, int i) {
    return reads[starts[group] + i];
  }
}
