package org.mneme.report;

/// Takes the noise out of a curve without moving it.
final class Smoothing {
  private Smoothing() {}

  /// A window for `n` points: about a twelfth of them, odd.
  static int window(int n) {
    return Math.max(1, n / 12) | 1;
  }

  /// The value at each point of the straight line that fits the `window` points around it best; at
  /// the ends the window is cut, which a line bears (a mean would lag). Values that are not finite
  /// do not count; without two that do, the curve is the finite value itself or NaN.
  static double[] localLine(double[] y, int window) {
    Sums[] before = new Sums[y.length + 1];
    before[0] = new Sums(0, 0, 0, 0, 0);
    for (int i = 0; i < y.length; i++) {
      before[i + 1] = Double.isFinite(y[i]) ? before[i].plus(i - y.length / 2, y[i]) : before[i];
    }
    double[] smooth = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      int from = Math.max(0, i - window / 2);
      int to = Math.min(y.length, i + window / 2 + 1);
      smooth[i] = before[to].minus(before[from]).lineAt(i - y.length / 2);
    }
    return smooth;
  }

  /// What a line of least squares needs to know of its points.
  private record Sums(double n, double x, double y, double xx, double xy) {
    Sums plus(double x, double y) {
      return new Sums(n + 1, this.x + x, this.y + y, xx + x * x, xy + x * y);
    }

    Sums minus(Sums other) {
      return new Sums(n - other.n, x - other.x, y - other.y, xx - other.xx, xy - other.xy);
    }

    double lineAt(double at) {
      if (n < 2) {
        return n == 0 ? Double.NaN : y;
      }
      double slope = (n * xy - x * y) / (n * xx - x * x);
      return y / n + slope * (at - x / n);
    }
  }
}
