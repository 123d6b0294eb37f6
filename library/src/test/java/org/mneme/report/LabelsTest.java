package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LabelsTest {
  @Test
  void labelsWithRoomStayWhereTheyWantToBe() {
    double[] wanted = {80, 20, 50};
    assertArrayEquals(wanted, Labels.spread(wanted, 16, 0, 100), 1e-12);
  }

  @Test
  void labelsThatMeetPartEvenly() {
    assertArrayEquals(
        new double[] {42, 58}, Labels.spread(new double[] {50, 50}, 16, 0, 100), 1e-12);
  }

  @Test
  void labelsNeverOverlapNorSwapNorLeaveThePlot() {
    Random random = new Random(11);
    for (int round = 0; round < 500; round++) {
      double[] wanted = random.doubles(random.nextInt(1, 9), -20, 220).toArray();
      double[] places = Labels.spread(wanted, 16, 0, 200);
      for (int a = 0; a < places.length; a++) {
        assertTrue(places[a] >= -1e-9 && places[a] <= 200 + 1e-9);
        for (int b = 0; b < a; b++) {
          assertTrue(Math.abs(places[a] - places[b]) >= 16 - 1e-9);
          assertTrue((wanted[a] - wanted[b]) * (places[a] - places[b]) >= 0);
        }
      }
    }
  }
}
