package org.mneme.report;

/// A picture of numbers. Drawn in two widths, so that letters stay readable on a phone; never
/// without a table beside it.
public sealed interface Chart extends Section permits LineChart, DumbbellChart, BarChart {
  /// What the chart shows, as a heading.
  String title();
}
