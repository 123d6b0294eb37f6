package org.mneme.metric;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What several runs, with a seed each, gave for one figure.
///
/// @param mean their mean; not finite where one of them is not
/// @param deviation their sample standard deviation (divided by runs - 1); NaN for a single run
/// @param runs how many have the figure
public record Spread(double mean, double deviation, int runs) {
  /// That of each figure of `runs`, in the order in which they first come. A figure that only some
  /// have, as that of a type of entity that one of them alone predicts, counts those.
  public static Map<String, Spread> of(List<Map<String, Double>> runs) {
    Map<String, Spread> spreads = new LinkedHashMap<>();
    for (Map<String, Double> run : runs) {
      for (String name : run.keySet()) {
        spreads.computeIfAbsent(
            name,
            figure ->
                of(
                    runs.stream()
                        .filter(other -> other.containsKey(figure))
                        .mapToDouble(other -> other.get(figure))
                        .toArray()));
      }
    }
    return spreads;
  }

  /// Sorts, so that the order of runs changes no bit, and counts from the first, so that runs that
  /// are equal have exactly their value and no deviation.
  private static Spread of(double[] values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    double first = sorted[0];
    double mean = first + Arrays.stream(sorted).map(value -> value - first).average().orElseThrow();
    double squares = Arrays.stream(sorted).map(value -> (value - mean) * (value - mean)).sum();
    return new Spread(mean, Math.sqrt(squares / (sorted.length - 1)), sorted.length);
  }
}
