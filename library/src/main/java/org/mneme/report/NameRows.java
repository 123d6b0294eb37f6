package org.mneme.report;

import java.util.List;

/// Sets the names of a chart in rows above the plot, each after a sample of its line.
final class NameRows {
  /// Pixels that the sample takes in front of a name.
  static final double SAMPLE = 23;

  private static final double GAP = 16;
  private static final double ROW = 17;

  private final double width;
  private double x;
  private double y;

  NameRows(double width) {
    this.width = width;
  }

  /// The place of the next name: left edge of its sample, and baseline.
  double[] place(String name) {
    double needed = SAMPLE + TextWidth.pixels(name, Canvas.LETTERS);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += ROW;
    }
    double[] place = {x, y + 6};
    x += needed + GAP;
    return place;
  }

  /// The height that all names take.
  double measure(List<String> names) {
    names.forEach(this::place);
    return names.isEmpty() ? 0 : y + ROW + 4;
  }
}
