package org.mneme.benchmarks.peers;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.LongStream;

/// The table that both sides start with: element `i` is a hash of `i`, 24 bits with sign, times a
/// power of two. Every operation is exact, so that Python makes the same bits.
final class Table {
  private static final long FIRST = 0x9E3779B97F4A7C15L;
  private static final long SECOND = 0xBF58476D1CE4E5B9L;
  private static final int DISCARDED_BITS = 40;

  private Table() {}

  static float element(long i, int exponent) {
    long hash = i * FIRST;
    hash ^= hash >> 32;
    hash *= SECOND;
    return Math.scalb((float) (hash >> DISCARDED_BITS), exponent);
  }

  /// Fills the rows of `dim` elements in `memory`.
  static void fill(MemorySegment memory, long rows, int dim, int exponent) {
    LongStream.range(0, rows)
        .parallel()
        .forEach(row -> {
          for (long i = row * dim; i < (row + 1) * dim; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, element(i, exponent));
          }
        });
  }

  /// Copies of some rows of `dim` elements of `memory`.
  static float[] rows(MemorySegment memory, int[] rows, long dim) {
    float[] copies = new float[Math.toIntExact(rows.length * dim)];
    for (int i = 0; i < rows.length; i++) {
      MemorySegment.copy(
          memory,
          ValueLayout.JAVA_FLOAT,
          rows[i] * dim * Float.BYTES,
          copies,
          Math.toIntExact(i * dim),
          Math.toIntExact(dim));
    }
    return copies;
  }
}
