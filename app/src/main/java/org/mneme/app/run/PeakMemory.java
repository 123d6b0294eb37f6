package org.mneme.app.run;

import org.mneme.tensor.NativeRuntime;

/// Watches how much memory the process holds, its highest point since it was last asked.
public final class PeakMemory implements AutoCloseable {
  private static final int INTERVAL_MILLIS = 20;

  private final Thread watcher;
  private volatile boolean open = true;
  private long peak;

  /// Begins to watch, on a thread of its own.
  public PeakMemory() {
    watcher = Thread.ofPlatform().daemon().name("peak-memory").start(this::watch);
  }

  private void watch() {
    while (open) {
      look();
      try {
        Thread.sleep(INTERVAL_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void look() {
    peak = Math.max(peak, NativeRuntime.residentBytes());
  }

  /// The highest number of bytes since the last call.
  public synchronized long take() {
    look();
    long taken = peak;
    peak = 0;
    return taken;
  }

  @Override
  public void close() {
    open = false;
    watcher.interrupt();
  }
}
