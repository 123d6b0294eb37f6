package org.mneme.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Shares blocks of work out among threads.
public final class Parallel {
  private Parallel() {}

  /// Work on the items from `from` to `to` (exclusive).
  public interface Block {
    /// Does it.
    void run(int from, int to);
  }

  /// Runs `block` over all of `count` items, `size` at a time, on the calling thread and up to
  /// `threads - 1` others. Where blocks begin does not depend on the threads, who takes which does:
  /// blocks have to be independent.
  public static void run(int count, int size, int threads, Block block) {
    int blocks = (count + size - 1) / size;
    var shared = Shared.of(count, size, block);
    for (int i = 1; i < Math.min(threads, blocks); i++) {
      Helpers.submit(shared);
    }
    shared.runAsCaller();
  }

  /// Takes one block after the other, whoever runs it, until there are no more.
  private static Runnable blocks(int count, int size, Block block) {
    int blocks = (count + size - 1) / size;
    AtomicInteger next = new AtomicInteger();
    return () -> {
      for (int i = next.getAndIncrement(); i < blocks; i = next.getAndIncrement()) {
        block.run(i * size, Math.min(count, (i + 1) * size));
      }
    };
  }

  /// Work that helpers join while it lasts. Who comes when the caller has done everything by itself
  /// is sent away instead of being waited for: another thread may hold the processor for long.
  static final class Shared implements Runnable {
    private static final int ENDED = Integer.MIN_VALUE;
    private static final int SPINS = 2000; // as long as a short block takes

    private final Runnable work;
    private final Thread caller = Thread.currentThread();
    private final AtomicInteger helpers = new AtomicInteger(); // at work, plus ENDED once it ended
    private final AtomicReference<@Nullable Throwable> problem = new AtomicReference<>();

    private Shared(Runnable work) {
      this.work = work;
    }

    /// All blocks of [Parallel#run].
    static Shared of(int count, int size, Block block) {
      return new Shared(blocks(count, size, block));
    }

    /// The caller's part, until all is done.
    void runAsCaller() {
      try {
        work.run();
      } finally {
        end(); // before anything they work on is freed
      }
      rethrow();
    }

    @Override
    public void run() {
      if (helpers.getAndUpdate(now -> now < 0 ? now : now + 1) < 0) {
        return;
      }
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        problem.compareAndSet(null, e);
      } finally {
        if (helpers.decrementAndGet() == ENDED) {
          LockSupport.unpark(caller);
        }
      }
    }

    /// Lets nobody in any more, and waits for those who are at work.
    private void end() {
      int spins = 0;
      for (int now = helpers.addAndGet(ENDED); now != ENDED; now = helpers.get()) {
        if (spins++ < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
    }

    /// Throws what a helper threw.
    private void rethrow() {
      switch (problem.get()) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> {}
      }
    }
  }
}
