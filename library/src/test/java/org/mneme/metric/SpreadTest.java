package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void deviationsAreThoseOfASample() {
    var spreads = Spread.of(List.of(Map.of("f1", 2.0), Map.of("f1", 4.0), Map.of("f1", 9.0)));
    Spread f1 = spreads.get("f1");
    assertEquals(5, f1.mean(), 1e-15);
    assertEquals(Math.sqrt(13), f1.deviation(), 1e-14); // (9 + 1 + 16) / 2
    assertEquals(3, f1.runs());
  }

  @Test
  void equalRunsHaveTheirValueAndNoDeviation() {
    Map<String, Double> run = Map.of("f1", 0.1);
    assertEquals(new Spread(0.1, 0, 3), Spread.of(List.of(run, run, run)).get("f1"));
  }

  @Test
  void orderChangesNoBit() {
    var first = List.of(Map.of("f1", 0.1), Map.of("f1", 0.7), Map.of("f1", 0.3));
    assertEquals(Spread.of(first), Spread.of(first.reversed()));
  }

  @Test
  void aSingleRunHasNoDeviation() {
    Spread spread = Spread.of(List.of(Map.of("f1", 0.5))).get("f1");
    assertEquals(0.5, spread.mean());
    assertTrue(Double.isNaN(spread.deviation()));
    assertTrue(Spread.of(List.of()).isEmpty());
  }

  @Test
  void aFigureOfSomeRunsCountsThose() {
    var spreads = Spread.of(List.of(Map.of("f1", 1.0), Map.of("f1", 3.0, "f1.PER", 4.0)));
    assertEquals(new Spread(4, Double.NaN, 1), spreads.get("f1.PER"));
    assertEquals(2, spreads.get("f1").mean());
    assertEquals(List.of("f1", "f1.PER"), List.copyOf(spreads.keySet()));
  }

  @Test
  void anUndefinedFigureStaysUndefined() {
    var spreads = Spread.of(List.of(Map.of("pearson", Double.NaN), Map.of("pearson", 0.5)));
    assertTrue(Double.isNaN(spreads.get("pearson").mean()));
  }
}
