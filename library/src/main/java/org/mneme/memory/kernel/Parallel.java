package org.mneme.memory.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;

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
    AtomicInteger next = new AtomicInteger();
    Runnable work =
        () -> {
          for (int i = next.getAndIncrement(); i < blocks; i = next.getAndIncrement()) {
            block.run(i * size, Math.min(count, (i + 1) * size));
          }
        };
    List<ForkJoinTask<?>> others = new ArrayList<>();
    for (int i = 1; i < Math.min(threads, blocks); i++) {
      others.add(Helpers.submit(work));
    }
    try {
      work.run();
    } finally {
      others.forEach(ForkJoinTask::quietlyJoin); // before anything they work on is freed
    }
    others.forEach(ForkJoinTask::join); // throws what they threw
  }
}
