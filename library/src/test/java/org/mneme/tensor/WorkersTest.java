package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.PointerCount;

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
  void whatIsBegunFollowsWithoutWaitingAndIsGivenUpAtTheEnd() {
    var order = new ArrayList<Integer>();
    var goOn = new CountDownLatch(1);
    var underWay = new CountDownLatch(1);
    Supplier<Boolean> last =
        () -> {
          underWay.countDown();
          try {
            return goOn.await(1, TimeUnit.MINUTES);
          } catch (InterruptedException e) {
            return order.add(3);
          }
        };
    try (var workers = new Workers(1)) {
      Supplier<List<Boolean>> first = workers.begin(List.of(() -> order.add(1)));
      var unused = workers.begin(List.of(() -> order.add(2), last, () -> order.add(4)));
      assertEquals(List.of(true), first.get());
      underWay.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertEquals(List.of(1, 2, 3), order);
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
