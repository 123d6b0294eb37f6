package org.mneme.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.global.torch;

/// Parts of a batch worked on side by side, by the caller and its helpers (see [Parallel]), the
/// processors shared out among them.
///
/// At the widths of our models threads inside each operation wait for each other hundreds of times
/// a step, which costs much where other processes want the processors too. While it is open,
/// OpenBLAS (whose setting is the whole process's) has a worker's share of threads. A task opens a
/// scope of its own; tensors that it makes stay on its thread. Settings of the caller's thread,
/// such as a [org.bytedeco.pytorch.NoGradGuard], are unknown to the tasks that helpers run: a task
/// makes its own.
public final class Workers implements AutoCloseable {
  private static final ScopedValue<Integer> TASK = ScopedValue.newInstance();

  private final int count;
  private final int share; // threads of a worker
  private final int threadsBefore;

  /// One worker for each thread that libtorch would use, but no more than `most`.
  public Workers(int most) {
    int threads = NativeRuntime.threads();
    count = Math.clamp(most, 1, threads);
    share = Math.max(1, threads / count);
    threadsBefore = openblas.blas_get_num_threads();
    shareBlas(share);
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

  /// Runs the tasks, as many at a time as there are workers, of whom the caller is one, and returns
  /// what they return in their order. When one throws, the others are run all the same and the
  /// first exception in that order is thrown.
  public <T> List<T> all(List<Supplier<T>> tasks) {
    List<FutureTask<T>> futures = new ArrayList<>();
    for (int i = 0; i < tasks.size(); i++) {
      Supplier<T> task = tasks.get(i);
      int index = i;
      futures.add(new FutureTask<>(() -> ScopedValue.where(TASK, index).call(task::get)));
    }
    int threads = torch.get_num_threads();
    Parallel.run(
        tasks.size(),
        1,
        count,
        (from, to) -> {
          Helpers.settle();
          torch.set_num_threads(share); // of this thread
          futures.get(from).run();
          torch.set_num_threads(threads);
        });
    return futures.stream().map(Workers::outcome).toList();
  }

  private static <T> T outcome(FutureTask<T> done) {
    if (done.state() == Future.State.SUCCESS) {
      return done.resultNow();
    }
    switch (done.exceptionNow()) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    shareBlas(threadsBefore);
  }
}
