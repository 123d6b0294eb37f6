package org.mneme.memory.kernel;

import java.lang.foreign.ValueLayout;

/// Times two implementations on a small table, side by side, until the JVM has compiled them.
final class KernelTrial {
  private static final int ROWS = 1024;
  private static final int DIM = 256;
  private static final int TOKENS = 8;
  private static final int READS = 32;
  private static final long MOST_NANOS = 3_000_000_000L;
  private static final int ROUNDS = 20;
  private static final double CLEAR = 1.3;

  /// The best nanoseconds of each.
  record Times(long first, long second) {}

  /// Alternates between the two until the first is clearly ahead or the time is up.
  Times run(RowKernels first, RowKernels second) {
    try (Scratch table = new Scratch(ROWS * DIM);
        Scratch slots = new Scratch(TOKENS * READS);
        Scratch products = new Scratch(TOKENS * READS);
        Scratch vectors = new Scratch(TOKENS * DIM)) {
      for (int i = 0; i < TOKENS * READS; i++) {
        NativeMemory.ALL.set(
            ValueLayout.JAVA_INT, slots.address() + (long) i * Integer.BYTES, i * 7919 % ROWS);
      }
      Rows rows = new Rows(table.address(), DIM, Rows.Type.FLOAT32);
      Reads reads = new Reads(slots.address(), READS);
      long end = System.nanoTime() + MOST_NANOS;
      Times best = new Times(Long.MAX_VALUE, Long.MAX_VALUE);
      while (System.nanoTime() < end && best.first * CLEAR > best.second) {
        for (int round = 0; round < ROUNDS; round++) {
          best =
              new Times(
                  Math.min(best.first, time(first, rows, reads, vectors, products)),
                  Math.min(best.second, time(second, rows, reads, vectors, products)));
        }
      }
      return best;
    }
  }

  private static long time(
      RowKernels kernels, Rows rows, Reads reads, Scratch vectors, Scratch products) {
    long start = System.nanoTime();
    kernels.read(rows, reads, products.address(), vectors.address(), 0, TOKENS);
    kernels.dot(rows, reads, vectors.address(), products.address(), 0, TOKENS);
    return System.nanoTime() - start;
  }
}
