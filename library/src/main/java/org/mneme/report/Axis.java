package org.mneme.report;

/// An axis of a [LineChart].
///
/// @param label what is measured, without its unit
/// @param min where the axis starts; NaN: where the data do
/// @param max where it ends; NaN: where the data do
public record Axis(String label, Unit unit, boolean logarithmic, double min, double max) {
  /// A linear axis that fits the data.
  public static Axis of(String label, Unit unit) {
    return new Axis(label, unit, false, Double.NaN, Double.NaN);
  }

  /// A logarithmic axis that fits the data.
  public static Axis log(String label, Unit unit) {
    return new Axis(label, unit, true, Double.NaN, Double.NaN);
  }

  /// The same axis from `from` to `to`; NaN leaves that end to the data.
  public Axis within(double from, double to) {
    return new Axis(label, unit, logarithmic, from, to);
  }

  /// Whether `value` has a place on this axis.
  boolean shows(double value) {
    return Double.isFinite(value) && (!logarithmic || value > 0);
  }

  /// The label with its unit, as written beside the axis.
  String heading() {
    return unit.symbol().isEmpty() ? label : label + ", " + unit.symbol();
  }
}
