package org.mneme.report;

import java.util.List;

/// Lines over a common axis, each with its name at its end.
///
/// @param references dashed lines across the whole chart
public record LineChart(
    String title, Axis x, Axis y, List<Series> series, List<Reference> references)
    implements Chart {
  public LineChart {
    series = List.copyOf(series);
    references = List.copyOf(references);
  }
}
