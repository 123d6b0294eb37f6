package org.mneme.memory.kernel;

import java.lang.foreign.Arena;

/// Native memory for a few rows, as long as it is open. For one thread.
final class Scratch implements AutoCloseable {
  private static final long CACHE_LINE = 64;

  private final Arena arena = Arena.ofConfined();
  private final long address;

  /// Room for that many float32 numbers, zero at first.
  Scratch(int numbers) {
    address = arena.allocate((long) numbers * Float.BYTES, CACHE_LINE).address();
  }

  long address() {
    return address;
  }

  /// The address of the row `index` if it holds rows of `dim` numbers.
  long row(int index, int dim) {
    return address + (long) index * dim * Float.BYTES;
  }

  @Override
  public void close() {
    arena.close();
  }
}
