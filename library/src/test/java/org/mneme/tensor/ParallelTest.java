package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ParallelTest {
  @ParameterizedTest
  @CsvSource({"0,1,2", "1,1,2", "7,3,1", "7,3,2", "100,1,5", "100,7,3", "5,100,4"})
  void everyItemIsWorkedOnOnce(int count, int size, int threads) {
    AtomicIntegerArray seen = new AtomicIntegerArray(Math.max(1, count));
    Parallel.run(
        count,
        size,
        threads,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            seen.incrementAndGet(i);
          }
        });
    for (int i = 0; i < count; i++) {
      assertEquals(1, seen.get(i), "item " + i);
    }
  }

  @Test
  void nobodyIsAtWorkAnyMoreOnceItReturns() {
    AtomicBoolean late = new AtomicBoolean();
    for (int round = 0; round < 20_000; round++) {
      AtomicBoolean over = new AtomicBoolean();
      Parallel.run(
          4,
          1,
          4,
          (from, to) -> {
            Thread.onSpinWait();
            late.compareAndSet(false, over.get());
          });
      over.set(true);
      assertFalse(late.get(), "round " + round);
    }
  }

  @Test
  void whatAHelperThrowsReachesTheCaller() throws InterruptedException {
    Thread caller = Thread.currentThread();
    CountDownLatch thrown = new CountDownLatch(1);
    var problem =
        assertThrows(
            IllegalStateException.class,
            () ->
                Parallel.run(
                    2,
                    1,
                    2,
                    (from, to) -> {
                      if (Thread.currentThread() != caller) {
                        thrown.countDown();
                        throw new IllegalStateException("a helper's");
                      }
                      assertTrue(awaited(thrown));
                    }));
    assertEquals("a helper's", problem.getMessage());
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
