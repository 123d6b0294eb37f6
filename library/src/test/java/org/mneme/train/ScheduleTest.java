package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;
import org.mneme.train.Schedule.Decay;

class ScheduleTest {
  private static final double EXACT = 1e-12;

  @Test
  void ratesRiseInALineFirst() {
    for (Decay decay : Decay.values()) {
      var schedule = new Schedule(decay, 4);
      for (int step = 0; step <= 6; step++) {
        assertEquals(Math.min(1, step / 4.0), schedule.factor(step, 0), EXACT);
      }
      assertEquals(1, new Schedule(decay, 0).factor(0, 0));
    }
  }

  @Test
  void thenTheyFallToZero() {
    double[] progress = {0, 0.25, 0.5, 0.75, 1};
    double[] linear = {1, 0.75, 0.5, 0.25, 0};
    double root = Math.sqrt(0.5);
    double[] cosine = {1, (1 + root) / 2, 0.5, (1 - root) / 2, 0};
    for (int i = 0; i < progress.length; i++) {
      assertEquals(1, Schedule.CONSTANT.factor(9, progress[i]));
      assertEquals(linear[i], new Schedule(Decay.LINEAR, 3).factor(9, progress[i]), EXACT);
      assertEquals(cosine[i], new Schedule(Decay.COSINE, 3).factor(9, progress[i]), EXACT);
    }
    assertEquals(0, new Schedule(Decay.LINEAR, 0).factor(9, 1.5));
  }

  @Test
  void aNegativeWarmUpIsRefused() {
    var problem = assertThrows(InvalidInputException.class, () -> new Schedule(Decay.LINEAR, -1));
    assertEquals("train.schedule.warmupSteps", problem.key());
  }
}
