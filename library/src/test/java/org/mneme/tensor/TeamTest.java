package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class TeamTest {
  @ParameterizedTest
  @CsvSource({"0,1,2", "1,1,2", "7,3,1", "7,3,2", "100,1,5", "100,7,3", "5,100,4"})
  void everyItemIsWorkedOnOnceInEachPiece(int count, int size, int threads) {
    Team team = new Team(threads);
    AtomicIntegerArray seen = new AtomicIntegerArray(Math.max(1, count));
    int pieces = 200;
    for (int piece = 0; piece < pieces; piece++) {
      team.run(
          count,
          size,
          (from, to) -> {
            for (int i = from; i < to; i++) {
              seen.incrementAndGet(i);
            }
          });
      if (piece % 50 == 0) {
        LockSupport.parkNanos(2_000_000); // longer than anybody stays
      }
    }
    for (int i = 0; i < count; i++) {
      assertEquals(pieces, seen.get(i), "item " + i);
    }
  }

  @Test
  void nobodyIsAtWorkAnyMoreOnceAPieceReturns() {
    Team team = new Team(3);
    AtomicBoolean late = new AtomicBoolean();
    for (int round = 0; round < 20_000; round++) {
      AtomicBoolean over = new AtomicBoolean();
      team.run(
          4,
          1,
          (from, to) -> {
            Thread.onSpinWait();
            late.compareAndSet(false, over.get());
          });
      over.set(true);
      assertFalse(late.get(), "round " + round);
    }
  }

  @Test
  void whatIsThrownReachesTheCallerAndTheNextPieceRuns() {
    Team team = new Team(2);
    for (int round = 0; round < 100; round++) {
      assertThrows(
          IllegalStateException.class,
          () ->
              team.run(
                  2,
                  1,
                  (from, to) -> {
                    throw new IllegalStateException("someone's");
                  }));
      AtomicIntegerArray seen = new AtomicIntegerArray(2);
      team.run(2, 1, (from, to) -> seen.incrementAndGet(from));
      assertEquals(1, seen.get(0) * seen.get(1));
    }
  }
}
