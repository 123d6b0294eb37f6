package org.mneme.report;

import java.util.Arrays;

/// A line in pixels that can be asked for its height anywhere.
///
/// @param x ascending
record Trace(double[] x, double[] y) {

  /// The points of `series` that these scales show.
  static Trace of(Series series, Scale xScale, Scale yScale) {
    int n = series.x().length;
    double[] x = new double[n];
    double[] y = new double[n];
    int kept = 0;
    for (int i = 0; i < n; i++) {
      x[kept] = xScale.at(series.x()[i]);
      y[kept] = yScale.at(series.y()[i]);
      kept += Double.isFinite(x[kept]) && Double.isFinite(y[kept]) ? 1 : 0;
    }
    return new Trace(Arrays.copyOf(x, kept), Arrays.copyOf(y, kept));
  }

  /// The height at `place`, NaN left and right of the line.
  double at(double place) {
    int found = Arrays.binarySearch(x, place);
    if (found >= 0) {
      return y[found];
    }
    int next = -found - 1;
    if (next == 0 || next == x.length) {
      return Double.NaN;
    }
    double share = (place - x[next - 1]) / (x[next] - x[next - 1]);
    return y[next - 1] + share * (y[next] - y[next - 1]);
  }

  /// The largest vertical distance to `other`.
  double distance(Trace other) {
    double largest = 0;
    for (int i = 0; i < x.length; i++) {
      double here = Math.abs(y[i] - other.at(x[i]));
      largest = here > largest ? here : largest;
    }
    return largest;
  }
}
