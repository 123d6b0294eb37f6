package org.mneme.benchmarks.peers;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;

/// One timed round of one side.
///
/// @param ms from the first to the last stage
/// @param stages ms of each stage, in order
record Round(double ms, Map<String, Double> stages) {
  static Round of(JsonNode answer) {
    Map<String, Double> stages = new LinkedHashMap<>();
    answer.get("stages").properties().forEach(e -> stages.put(e.getKey(), e.getValue().asDouble()));
    return new Round(answer.get("ms").asDouble(), stages);
  }

  static double median(List<Round> rounds) {
    return median(rounds, Round::ms);
  }

  static double minimum(List<Round> rounds) {
    return rounds.stream().mapToDouble(Round::ms).min().orElseThrow();
  }

  /// The median of each stage by itself: they need not add up to the median of the whole.
  static Map<String, Double> stageMedians(List<Round> rounds) {
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String stage : rounds.getFirst().stages.keySet()) {
      medians.put(stage, median(rounds, round -> round.stages.getOrDefault(stage, 0.0)));
    }
    return medians;
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
    return quantile(rounds.stream().mapToDouble(value).toArray(), 0.5);
  }

  /// The value below which a share of the values lies, interpolated between neighbours.
  static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
