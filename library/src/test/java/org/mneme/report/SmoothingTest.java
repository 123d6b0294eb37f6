package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SmoothingTest {
  @Test
  void aStraightLineStaysAsItIs() {
    double[] line = IntStream.range(0, 40).mapToDouble(i -> 5 - 0.1 * i).toArray();
    assertArrayEquals(line, Smoothing.localLine(line, 9), 1e-12);
  }

  @Test
  void noiseShrinksWithTheWindow() {
    Random random = new Random(3);
    double[] noise = IntStream.range(0, 3000).mapToDouble(i -> random.nextGaussian()).toArray();
    double[] smooth = Smoothing.localLine(noise, 101);
    double squares = Arrays.stream(smooth).map(v -> v * v).sum() / smooth.length;
    assertTrue(squares < 0.02, "mean square " + squares);
  }

  @Test
  void gapsAreBridgedWithinTheWindowAndKeptBeyond() {
    double nan = Double.NaN;
    double[] y = {1, nan, 1, nan, nan, nan, nan, 2};
    double[] smooth = Smoothing.localLine(y, 3);
    assertEquals(1, smooth[1], 1e-12);
    assertTrue(Double.isNaN(smooth[4]));
    assertEquals(2, smooth[7], 1e-12);
  }

  @Test
  void nothingStaysNothing() {
    assertEquals(0, Smoothing.localLine(new double[0], Smoothing.window(0)).length);
    assertArrayEquals(new double[] {3}, Smoothing.localLine(new double[] {3}, Smoothing.window(1)));
  }
}
