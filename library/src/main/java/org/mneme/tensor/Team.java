package org.mneme.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Threads that stay with their caller from one short piece of work to the next, where [Parallel]
/// would wake them anew for each: for pieces of some 10 us in quick succession, such as the
/// products of one token. Between pieces they spin, for half a millisecond at most; then they
/// leave, and are called again by the next piece, which does not wait for them.
///
/// For one caller at a time.
public final class Team {
  private static final long PATIENCE_NANOS = 500_000;
  private static final int SPINS = 64; // between two looks at the clock

  private final int helpers;
  private final AtomicInteger present = new AtomicInteger(); // or on their way
  private volatile Parallel.@Nullable Shared work;

  /// The caller and up to `threads - 1` others.
  public Team(int threads) {
    helpers = threads - 1;
  }

  /// As [Parallel#run].
  public void run(int count, int size, Parallel.Block block) {
    var shared = Parallel.Shared.of(count, size, block);
    if (count > size) {
      work = shared;
      for (int i = present.get(); i < helpers; i++) {
        present.incrementAndGet();
        Helpers.submit(this::stay);
      }
    }
    shared.runAsCaller();
  }

  private void stay() {
    try {
      Parallel.Shared last = null;
      long since = System.nanoTime();
      for (int spins = 0; ; spins++) {
        Parallel.Shared now = work;
        if (now != null && now != last) {
          now.run();
          last = now;
          spins = 0;
          since = System.nanoTime();
        } else if (spins % SPINS == 0 && System.nanoTime() - since > PATIENCE_NANOS) {
          return;
        } else {
          Thread.onSpinWait();
        }
      }
    } finally {
      present.decrementAndGet();
    }
  }
}
