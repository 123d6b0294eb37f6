package org.mneme.report;

import java.util.List;

/// Two measures of the same unit for each of a few things: two dots a row, joined by a line.
///
/// @param from the name of the first measure, drawn as rings
/// @param to the name of the second, drawn as filled dots
/// @param references dashed lines, such as the value before training
public record DumbbellChart(
    String title, String from, String to, Unit unit, List<Row> rows, List<Reference> references)
    implements Chart {
  public DumbbellChart {
    rows = List.copyOf(rows);
    references = List.copyOf(references);
  }

  /// One row; several values (one a seed) are drawn as small marks around their mean. An empty
  /// array: not measured.
  public record Row(String label, Tone tone, double[] from, double[] to) {
    public Row {
      from = from.clone();
      to = to.clone();
    }
  }
}
