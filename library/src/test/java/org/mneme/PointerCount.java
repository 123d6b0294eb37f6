package org.mneme;

import org.bytedeco.javacpp.Pointer;

/// Counts the native objects that are held, to see whether calls leave any behind.
public final class PointerCount {
  private static final int WAIT_MILLIS = 20;

  private PointerCount() {}

  /// How many there are now.
  public static long now() {
    return Pointer.totalCount();
  }

  /// How many there are once the collector has freed those that nobody holds any more: a start to
  /// compare with, which other tests' garbage does not move.
  public static long settled() {
    long before;
    long now = Pointer.totalCount();
    try {
      do {
        before = now;
        System.gc();
        Thread.sleep(WAIT_MILLIS);
        now = Pointer.totalCount();
      } while (now < before);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return now;
  }
}
