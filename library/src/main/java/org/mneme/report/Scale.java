package org.mneme.report;

/// A straight map from numbers to the pixels of a drawing, over the numbers or over their
/// logarithms.
///
/// @param min the number at `start`
/// @param max the number at `end`, above `min`
record Scale(double min, double max, boolean logarithmic, double start, double end) {

  /// The pixel of `value`; NaN when it has none.
  double at(double value) {
    if (!shows(value)) {
      return Double.NaN;
    }
    double share =
        logarithmic
            ? (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min))
            : (value - min) / (max - min);
    return start + share * (end - start);
  }

  /// Whether `value` has a place on this kind of scale.
  boolean shows(double value) {
    return Double.isFinite(value) && (!logarithmic || value > 0);
  }

  /// The range of an axis over `values`: what the axis fixes, else what the data span, never empty.
  static double[] range(Axis axis, double[] values) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      if (axis.shows(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    if (min > max) {
      min = axis.logarithmic() ? 1 : 0;
      max = axis.logarithmic() ? 10 : 1;
    }
    min = Double.isNaN(axis.min()) ? min : axis.min();
    max = Double.isNaN(axis.max()) ? max : axis.max();
    return max - min > 1e-9 * Math.max(Math.abs(min), Math.abs(max))
        ? new double[] {min, max}
        : around(min, axis.logarithmic());
  }

  private static double[] around(double value, boolean logarithmic) {
    if (logarithmic) {
      return new double[] {value / 2, value * 2};
    }
    double room = value == 0 ? 1 : Math.abs(value) * 0.1;
    return new double[] {value - room, value + room};
  }
}
