package org.mneme.metric;

import java.util.Map;
import java.util.TreeMap;

/// A sum of fractions of whole numbers that is the same to the bit in any order: numerators are
/// added up by denominator.
final class FractionSum {
  private final Map<Long, Long> numerators = new TreeMap<>();

  /// Adds numerator / denominator, or 0 where the denominator is 0.
  void add(long numerator, long denominator) {
    if (denominator != 0) {
      numerators.merge(denominator, numerator, Long::sum);
    }
  }

  void merge(FractionSum other) {
    Map.copyOf(other.numerators).forEach((denominator, sum) -> add(sum, denominator));
  }

  double value() {
    double sum = 0;
    for (var entry : numerators.entrySet()) {
      sum += (double) entry.getValue() / entry.getKey();
    }
    return sum;
  }
}
