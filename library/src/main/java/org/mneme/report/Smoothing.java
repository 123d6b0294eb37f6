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
    double[] smooth = new double[y.length];
    int reach = window / 2;
    for (int i = 0; i < y.length; i++) {
      int from = Math.max(0, i - reach);
      int to = Math.min(y.length - 1, i + reach);
      smooth[i] = fitted(y, from, to, i);
    }
    return smooth;
  }

  private static double fitted(double[] y, int from, int to, int at) {
    double n = 0;
    double sum = 0;
    double sumY = 0;
    double squares = 0;
    double products = 0;
    for (int i = from; i <= to; i++) {
      if (Double.isFinite(y[i])) {
        double x = i - at;
        n++;
        sum += x;
        sumY += y[i];
        squares += x * x;
        products += x * y[i];
      }
    }
    double spread = n * squares - sum * sum;
    return spread > 0 ? (sumY * squares - sum * products) / spread : n > 0 ? sumY / n : Double.NaN;
  }
}
