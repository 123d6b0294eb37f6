package org.mneme.run.events;

import java.util.Arrays;

/// How many of some values lie in which range.
///
/// @param limits the upper ends of the ranges, ascending
/// @param counts one a limit
public record Histogram(
    double min,
    double max,
    double number,
    double sum,
    double sumOfSquares,
    double[] limits,
    double[] counts) {

  /// The histogram of counts, such as the reads of each slot: 0, 1, 2, then ranges that double.
  public static Histogram ofCounts(double[] values) {
    double max = Arrays.stream(values).max().orElse(0);
    int ranges = range(max) + 1;
    double[] limits = new double[ranges];
    for (int i = 0; i < ranges; i++) {
      limits[i] = i == 0 ? 0.5 : Math.pow(2, i - 1) + 0.5;
    }
    double[] counts = new double[ranges];
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      counts[range(value)]++;
      sum += value;
      squares += value * value;
    }
    double min = Arrays.stream(values).min().orElse(0);
    return new Histogram(min, max, values.length, sum, squares, limits, counts);
  }

  /// 0 for 0, 1 for 1, 2 for 2, 3 for 3 and 4, 4 for 5 to 8, ...
  private static int range(double value) {
    return value < 1 ? 0 : value < 2 ? 1 : Math.getExponent(Math.nextDown(value)) + 2;
  }

  /// TensorFlow's `HistogramProto`.
  Message message() {
    return new Message()
        .real(1, min)
        .real(2, max)
        .real(3, number)
        .real(4, sum)
        .real(5, sumOfSquares)
        .reals(6, limits)
        .reals(7, counts);
  }
}
