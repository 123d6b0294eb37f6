package org.mneme.report;

/// Takes the noise out of a curve without moving it.
final class Smoothing {
  private Smoothing() {}

  /// A window for `n` points: about a thirtieth of them, odd.
  static int window(int n) {
    return Math.max(1, n / 30) | 1;
  }

  /// The mean over `window` points around each, over fewer at the ends (as many on both sides, so
  /// that a slope is kept). Values that are not finite do not count; a point without finite
  /// neighbours is NaN.
  static double[] centred(double[] y, int window) {
    double[] sums = new double[y.length + 1];
    int[] counts = new int[y.length + 1];
    for (int i = 0; i < y.length; i++) {
      boolean finite = Double.isFinite(y[i]);
      sums[i + 1] = sums[i] + (finite ? y[i] : 0);
      counts[i + 1] = counts[i] + (finite ? 1 : 0);
    }
    double[] smooth = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      int reach = Math.min(window / 2, Math.min(i, y.length - 1 - i));
      int count = counts[i + reach + 1] - counts[i - reach];
      smooth[i] = count == 0 ? Double.NaN : (sums[i + reach + 1] - sums[i - reach]) / count;
    }
    return smooth;
  }
}
