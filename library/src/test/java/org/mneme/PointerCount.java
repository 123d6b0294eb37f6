package org.mneme;

import org.bytedeco.javacpp.Pointer;

/// Counts the native objects that are held, to see whether calls leave any behind.
public final class PointerCount {
  private static final int WAIT_MILLIS = 20;
  private static final int QUIET_ROUNDS = 3;

  private PointerCount() {}

  /// How many there are now.
  public static long now() {
    return Pointer.totalCount();
  }

  /// How many there are once the collector has freed those that nobody holds any more: a start to
  /// compare with, which other tests' garbage does not move.
  public static long settled() {
    long now = Pointer.totalCount();
    try {
      for (int quiet = 0; quiet < QUIET_ROUNDS; ) {
        System.gc();
        Thread.sleep(WAIT_MILLIS); // the thread that frees may have to wait for a processor
        long before = now;
        now = Pointer.totalCount();
        quiet = now < before ? 0 : quiet + 1;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return now;
  }
}
