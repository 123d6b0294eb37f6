package org.mneme.metric;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// How two series of numbers go together.
final class Correlation {
  private Correlation() {}

  /// Pearson's coefficient, in two passes: the mean is taken off before anything is multiplied, so
  /// that numbers far from 0 lose no digits. NaN for fewer than two pairs and where one series is
  /// constant or not finite.
  static double pearson(double[] x, double[] y) {
    if (x.length < 2 || isConstant(x) || isConstant(y)) {
      return Double.NaN;
    }
    double[] unitX = centredUnit(x);
    double[] unitY = centredUnit(y);
    double product = IntStream.range(0, x.length).mapToDouble(i -> unitX[i] * unitY[i]).sum();
    return Math.clamp(product, -1.0, 1.0);
  }

  /// Looks at the values, because the mean of equal ones need not be equal to them.
  private static boolean isConstant(double[] values) {
    return Arrays.stream(values).allMatch(value -> value == values[0]);
  }

  /// `values` less their mean, of length 1; divided by the largest first, so that no square
  /// overflows or vanishes.
  private static double[] centredUnit(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double[] centred = Arrays.stream(values).map(value -> value - mean).toArray();
    double largest = Arrays.stream(centred).map(Math::abs).max().orElseThrow();
    double[] scaled = Arrays.stream(centred).map(value -> value / largest).toArray();
    double length = Math.sqrt(Arrays.stream(scaled).map(value -> value * value).sum());
    return Arrays.stream(scaled).map(value -> value / length).toArray();
  }

  /// The rank of each value, from 1; equal ones share the mean of theirs, NaN has the rank NaN.
  static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    int start = 0;
    while (start < order.length) {
      double value = values[order[start]];
      int end = start + 1;
      while (end < order.length && values[order[end]] == value) {
        end++;
      }
      for (int i = start; i < end; i++) {
        ranks[order[i]] = Double.isNaN(value) ? Double.NaN : (start + 1 + end) / 2.0;
      }
      start = end;
    }
    return ranks;
  }
}
