package org.mneme.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/// Threads that work on parts of a batch side by side, the processors shared out among them.
///
/// At the widths of our models threads inside each operation wait for each other hundreds of times
/// a step, which costs much where other processes want the processors too. While it is open,
/// OpenBLAS (whose setting is the whole process's) has a worker's share of threads. A task opens a
/// scope of its own; tensors that it makes stay on its thread.
public final class Workers implements AutoCloseable {
  private static final ScopedValue<Integer> TASK = ScopedValue.newInstance();

  private final int count;
  private final int threadsBefore;
  private final ExecutorService executor;

  /// One worker for each thread that libtorch would use, but no more than `most`.
  public Workers(int most) {
    int threads = NativeRuntime.threads();
    count = Math.clamp(most, 1, threads);
    int share = Math.max(1, threads / count);
    threadsBefore = openblas.blas_get_num_threads();
    shareBlas(share);
    executor =
        Executors.newFixedThreadPool(
            count,
            task ->
                Thread.ofPlatform()
                    .daemon()
                    .name("worker")
                    .unstarted(() -> {
                      torch.set_num_threads(share);
                      task.run();
                    }));
  }

  /// The binding makes a function pointer for every call: freed by the scope.
  private static void shareBlas(int threads) {
    try (var scope = new TensorScope()) {
      openblas.blas_set_num_threads(threads);
    }
  }

  /// The place of the running task among those it was given with, 0 outside of tasks: by it, what
  /// tasks collect side by side is put in an order that does not depend on their speed.
  public static int task() {
    return TASK.orElse(0);
  }

  /// How many tasks run side by side.
  public int count() {
    return count;
  }

  /// Runs the tasks, as many at a time as there are workers, and returns what they return in their
  /// order. When one throws, the others are waited for and the first exception in that order is
  /// thrown.
  public <T> List<T> all(List<Supplier<T>> tasks) {
    return begin(tasks).get();
  }

  /// Has the tasks run behind those that were begun before, and does not wait; what comes back
  /// does, as [#all], and is to be asked before this is closed.
  public <T> Supplier<List<T>> begin(List<Supplier<T>> tasks) {
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < tasks.size(); i++) {
      Supplier<T> task = tasks.get(i);
      int index = i;
      futures.add(executor.submit(() -> ScopedValue.where(TASK, index).call(task::get)));
    }
    return () -> results(futures);
  }

  private static <T> List<T> results(List<Future<T>> futures) {
    List<T> results = new ArrayList<>();
    RuntimeException failure = null;
    for (Future<T> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException e) {
        failure =
            failure == null ? asRuntime(Objects.requireNonNullElse(e.getCause(), e)) : failure;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while workers were busy", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
    return results;
  }

  private static RuntimeException asRuntime(Throwable cause) {
    return switch (cause) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(cause);
    };
  }

  /// Waits for the tasks under way; those that have not begun are given up.
  @Override
  public void close() {
    var unused = executor.shutdownNow();
    executor.close();
    shareBlas(threadsBefore);
  }
}
