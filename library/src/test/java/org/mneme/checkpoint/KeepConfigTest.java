package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;

final class KeepConfigTest {
  @Test
  void defaultsArePinned() {
    assertEquals(new KeepConfig(1000, 15, 2, null), KeepConfig.DEFAULT);
  }

  @Test
  void valuesOutOfRangeAreErrorsThatNameTheirKey() {
    assertKey("checkpoint.everySteps", () -> new KeepConfig(-1, 15, 2, null));
    assertKey("checkpoint.everyMinutes", () -> new KeepConfig(1, -0.5, 2, null));
    assertKey("checkpoint.everyMinutes", () -> new KeepConfig(1, Double.NaN, 2, null));
    assertKey("checkpoint.keepLast", () -> new KeepConfig(1, 15, 0, null));
    assertKey("checkpoint.keepBest.metric", () -> new KeepConfig.Best(" ", KeepConfig.Mode.MIN));
  }

  private static void assertKey(String key, Runnable making) {
    var problem = assertThrows(InvalidInputException.class, making::run);
    assertEquals(key, problem.key());
  }

  @Test
  void oneIsDueBySteps() {
    KeepConfig keep = new KeepConfig(10, 0, 1, null);
    assertTrue(keep.isDue(20, 0));
    assertFalse(keep.isDue(21, 1e9));
  }

  @Test
  void oneIsDueByTime() {
    KeepConfig keep = new KeepConfig(0, 2, 1, null);
    assertFalse(keep.isDue(20, 1.9));
    assertTrue(keep.isDue(21, 2));
  }

  @Test
  void whatIsNotANumberIsNeverBetter() {
    var least = new KeepConfig.Best("loss", KeepConfig.Mode.MIN);
    var greatest = new KeepConfig.Best("accuracy", KeepConfig.Mode.MAX);
    assertTrue(least.isBetter(1, 2));
    assertTrue(greatest.isBetter(2, 1));
    assertFalse(least.isBetter(1, 1));
    assertFalse(least.isBetter(Double.NaN, 2));
    assertFalse(greatest.isBetter(Double.NaN, 2));
  }
}
