package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TicksTest {
  private static String[] labels(double min, double max, Unit unit, boolean log, int wanted) {
    return Ticks.over(min, max, unit, log, wanted).labels();
  }

  @Test
  void ticksAreRound() {
    assertArrayEquals(
        new String[] {"0", "200", "400", "600", "800", "1,000"},
        labels(0, 1000, Unit.COUNT, false, 5));
    assertArrayEquals(new String[] {"−0.5", "0", "0.5"}, labels(-0.6, 0.7, Unit.PLAIN, false, 3));
    assertArrayEquals(new String[] {"0", "50", "100"}, labels(0, 1, Unit.PERCENT, false, 3));
    assertArrayEquals(
        new String[] {"0", "0.5M", "1.0M", "1.5M"}, labels(0, 1.6e6, Unit.LARGE, false, 4));
    assertArrayEquals(new String[] {"0", "2e-7", "4e-7"}, labels(0, 5e-7, Unit.PLAIN, false, 3));
  }

  @Test
  void wholeThingsHaveNoHalves() {
    assertArrayEquals(new String[] {"0", "1", "2"}, labels(0, 2, Unit.COUNT, false, 10));
  }

  @Test
  void logarithmicTicksArePowersOfTenOrDivideASingleOne() {
    assertArrayEquals(
        new String[] {"0.01", "0.1", "1", "10", "100"}, labels(4e-5, 1, Unit.PERCENT, true, 6));
    assertArrayEquals(
        new String[] {"1", "100", "10,000", "1M"}, labels(1, 1e6, Unit.LARGE, true, 4));
    assertArrayEquals(new String[] {"2", "5", "10"}, labels(2, 12, Unit.PLAIN, true, 5));
  }

  @Test
  void anyRangeGivesAFewDistinctTicksInsideIt() {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      double min = random.nextGaussian() * Math.pow(10, random.nextInt(-6, 9));
      double max = min + Math.abs(random.nextGaussian()) * Math.pow(10, random.nextInt(-3, 9));
      if (!(max - min > 1e-6 * Math.abs(min))) {
        continue;
      }
      Ticks ticks = Ticks.over(min, max, Unit.PLAIN, false, 5);
      String all = min + " to " + max + ": " + Arrays.toString(ticks.labels());
      assertTrue(ticks.values().length >= 1 && ticks.values().length <= 11, all);
      double slack = (max - min) * 1e-6;
      assertTrue(Arrays.stream(ticks.values()).allMatch(t -> t >= min - slack && t <= max + slack));
      assertEquals(ticks.values().length, new HashSet<>(Arrays.asList(ticks.labels())).size(), all);
    }
  }
}
