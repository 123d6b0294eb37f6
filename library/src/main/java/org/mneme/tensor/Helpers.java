package org.mneme.tensor;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import org.jspecify.annotations.Nullable;

/// The threads that share a caller's work, one less than there are processors.
///
/// Linux may start a thread that is woken on the processor of the one that woke it, and take
/// several ms, as long as a whole search, to see that another is idle. So helpers are kept away
/// from the processor on which their caller runs.
final class Helpers {
  private static final Helpers ALL = new Helpers();

  private final Optional<Processors> processors = Processors.allowed();
  private final Set<Integer> threads = new HashSet<>(); // the system's numbers
  private int avoided = -1; // processor
  private final ForkJoinPool pool =
      new ForkJoinPool(
          Math.max(1, Runtime.getRuntime().availableProcessors() - 1), Helper::new, null, false);

  private Helpers() {}

  /// Has a helper do it soon, while the caller goes on.
  static void submit(Runnable work) {
    ALL.processors.ifPresent(known -> ALL.makeWay(known, known.current()));
    ALL.pool.execute(work);
  }

  /// Lets the calling thread, if it is a helper, run anywhere until more work is handed out. For
  /// long work: where it began no longer matters, and another program may want its processor.
  static void settle() {
    if (Thread.currentThread() instanceof Helper helper) {
      ALL.processors.ifPresent(known -> ALL.allow(known, helper.number));
    }
  }

  private synchronized void allow(Processors known, int thread) {
    avoided = -1;
    known.allow(thread);
  }

  private synchronized void makeWay(Processors known, int processor) {
    if (processor != avoided) {
      avoided = processor;
      threads.forEach(thread -> known.keepAway(thread, processor));
    }
  }

  private synchronized void join(Processors known, int thread) {
    threads.add(thread);
    known.keepAway(thread, avoided);
  }

  private synchronized void leave(int thread) {
    threads.remove(thread);
  }

  private static final class Helper extends ForkJoinWorkerThread {
    private int number;

    Helper(ForkJoinPool pool) {
      super(pool);
      setName("helper");
    }

    @Override
    protected void onStart() {
      ALL.processors.ifPresent(known -> {
        number = known.threadId();
        ALL.join(known, number);
      });
    }

    @Override
    protected void onTermination(@Nullable Throwable problem) {
      ALL.leave(number);
    }
  }
}
