package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReadDistributionTest {
  @Test
  void theWorkedExampleComesOut() {
    var reads = ReadDistribution.of("", new double[] {0, 2, 4, 2});
    assertEquals(0.125, reads.gini(), 1e-12);
    assertEquals(2, reads.top50());
    assertEquals(3, reads.top90());
    assertEquals(3, reads.top99());
  }

  @Test
  void giniIsTheMeanDifferenceOfPairs() {
    Random random = new Random(5);
    for (int slots : new int[] {1, 3, 8, 13, 25, 1000}) {
      double[] mass = random.doubles(slots).map(v -> v * v).toArray();
      var reads = ReadDistribution.of("", mass);
      // The mean difference of all pairs, over twice the mean, less what the definition counts in.
      double differences = 0;
      for (double a : mass) {
        for (double b : mass) {
          differences += Math.abs(a - b);
        }
      }
      double sum = Arrays.stream(mass).sum();
      assertEquals(differences / (2 * slots * sum) - 1.0 / slots, reads.gini(), 1e-9);
      assertEquals(1, reads.slotShare()[reads.slotShare().length - 1], 1e-12);
      assertEquals(1, reads.readShare()[reads.readShare().length - 1], 1e-9);
    }
  }

  @Test
  void slotsThatNobodyReadGiveNoCurve() {
    for (double[] mass : new double[][] {{}, {0, 0, 0}}) {
      var reads = ReadDistribution.of("", mass);
      assertArrayEquals(new double[0], reads.readShare());
      assertTrue(Double.isNaN(reads.gini()));
    }
  }
}
