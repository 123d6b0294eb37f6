package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ScaleTest {
  private static final Axis LINEAR = Axis.of("loss", Unit.PLAIN);
  private static final Axis LOG = Axis.log("slots", Unit.PLAIN);

  @Test
  void endsMeetTheirPixels() {
    Scale scale = new Scale(1, 100, true, 10, 30);
    assertEquals(10, scale.at(1), 1e-12);
    assertEquals(20, scale.at(10), 1e-12);
    assertEquals(30, scale.at(100), 1e-12);
    assertTrue(Double.isNaN(scale.at(0)));
    assertTrue(Double.isNaN(scale.at(Double.POSITIVE_INFINITY)));
  }

  @Test
  void rangesAreNeverEmpty() {
    assertArrayEquals(new double[] {0, 1}, Scale.range(LINEAR, new double[0]));
    assertArrayEquals(new double[] {-1, 1}, Scale.range(LINEAR, new double[] {0, 0}));
    assertArrayEquals(new double[] {4.5, 5.5}, Scale.range(LINEAR, new double[] {5}));
    assertArrayEquals(new double[] {1, 10}, Scale.range(LOG, new double[] {0, -1, Double.NaN}));
    assertArrayEquals(new double[] {1.5, 6}, Scale.range(LOG, new double[] {3}));
  }

  @Test
  void valuesWithoutPlaceDoNotStretchTheRange() {
    double[] values = {2, Double.NaN, Double.POSITIVE_INFINITY, 3};
    assertArrayEquals(new double[] {2, 3}, Scale.range(LINEAR, values));
    assertArrayEquals(new double[] {0, 3}, Scale.range(LINEAR.within(0, Double.NaN), values));
  }
}
