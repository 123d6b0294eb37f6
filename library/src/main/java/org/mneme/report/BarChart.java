package org.mneme.report;

import java.util.List;

/// Bars from zero, each with a mark at the most it could reach.
public record BarChart(String title, Unit unit, List<Bar> bars) implements Chart {
  public BarChart {
    bars = List.copyOf(bars);
  }

  /// One bar; a `ceiling` of NaN draws no mark.
  public record Bar(String label, Tone tone, double value, double ceiling) {}
}
