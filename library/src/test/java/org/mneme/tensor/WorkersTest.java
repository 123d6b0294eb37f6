package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mneme.PointerCount;

@Timeout(60)
class WorkersTest {
  @Test
  void resultsComeInTheOrderOfTheTasks() {
    List<Supplier<Integer>> tasks =
        IntStream.range(0, 50).<Supplier<Integer>>mapToObj(i -> () -> i * i).toList();
    try (var workers = new Workers(2)) {
      assertEquals(IntStream.range(0, 50).map(i -> i * i).boxed().toList(), workers.all(tasks));
    }
  }

  @Test
  void theFirstExceptionComesBack() {
    List<Supplier<Integer>> tasks =
        List.of(
            () -> 1,
            () -> {
              throw new IllegalStateException("second");
            },
            () -> {
              throw new IllegalStateException("third");
            });
    try (var workers = new Workers(2)) {
      var thrown = assertThrows(IllegalStateException.class, () -> workers.all(tasks));
      assertEquals("second", thrown.getMessage());
    }
  }

  @Test
  void oneThatThrowsKeepsNoOtherFromRunning() {
    AtomicInteger run = new AtomicInteger();
    Supplier<Integer> failing =
        () -> {
          run.incrementAndGet();
          throw new IllegalStateException("failed");
        };
    try (var workers = new Workers(2)) {
      assertThrows(
          IllegalStateException.class, () -> workers.all(List.of(failing, failing, failing)));
      assertEquals(3, run.get());
      assertEquals(List.of(4), workers.all(List.of(run::incrementAndGet)));
    }
  }

  @Test
  void theCallerIsOneOfTheWorkers() {
    Supplier<Thread> task = Thread::currentThread;
    try (var workers = new Workers(1)) {
      Thread caller = Thread.currentThread();
      assertEquals(List.of(caller, caller, caller), workers.all(List.of(task, task, task)));
    }
  }

  @Test
  void tasksKnowTheirPlaceWhoeverRunsThem() {
    List<Supplier<Integer>> tasks = Collections.nCopies(50, Workers::task);
    try (var workers = new Workers(2)) {
      assertEquals(IntStream.range(0, 50).boxed().toList(), workers.all(tasks));
    }
    assertEquals(0, Workers.task());
  }

  @Test
  void tasksHaveTheirShareOfThreadsAndTheCallerItsOwnAfterwards() {
    int before = NativeRuntime.threads();
    List<Supplier<Integer>> tasks = Collections.nCopies(8, torch::get_num_threads);
    try (var workers = new Workers(2)) {
      int share = Math.max(1, before / workers.count());
      assertEquals(Collections.nCopies(8, share), workers.all(tasks));
      assertEquals(before, torch.get_num_threads());
      Supplier<Integer> failing =
          () -> {
            throw new IllegalStateException("failed");
          };
      assertThrows(IllegalStateException.class, () -> workers.all(List.of(failing, failing)));
      assertEquals(before, torch.get_num_threads());
    }
  }

  @Test
  void aTaskMayHandOutTasks() {
    try (var workers = new Workers(2)) {
      Supplier<List<Integer>> task = () -> workers.all(List.of(() -> 1, () -> 2, () -> 3));
      List<Integer> numbers = List.of(1, 2, 3);
      assertEquals(List.of(numbers, numbers, numbers), workers.all(List.of(task, task, task)));
    }
  }

  @Test
  void workersLeaveNoPointersBehind() {
    Tensor x;
    try (var scope = new TensorScope()) {
      x = TensorScope.own(Tensors.of(new float[] {3}, 1));
    }
    Supplier<Float> task =
        () -> {
          try (var scope = new TensorScope();
              var guard = new NoGradGuard()) {
            return x.add(x).item_float();
          }
        };
    try (var workers = new Workers(2)) {
      assertEquals(List.of(6f, 6f, 6f, 6f), workers.all(List.of(task, task, task, task)));
      long before = PointerCount.settled();
      for (int i = 0; i < 50; i++) {
        assertEquals(List.of(6f, 6f, 6f, 6f), workers.all(List.of(task, task, task, task)));
      }
      assertEquals(before, PointerCount.now());
    }
    x.close();
  }

  @Test
  void openingAndClosingLeavesNoPointersBehind() {
    long before = 0;
    for (int i = 0; i < 6; i++) {
      if (i == 1) {
        before = PointerCount.settled();
      }
      try (var workers = new Workers(2)) {
        assertEquals(List.of(1), workers.all(List.of(() -> 1)));
      }
    }
    assertEquals(before, PointerCount.now());
  }
}
