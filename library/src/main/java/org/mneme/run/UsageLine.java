package org.mneme.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A line of `usage.jsonl`: how one memory used its slots in a window of the training.
///
/// @param step the last one of the window
/// @param seconds of training since the run began
/// @param layer the index of the memory's block
/// @param figures such as `used` and its ceiling, by name
/// @param groups the share of all reads that each group of neighbouring slots got; they add up to 1
public record UsageLine(
    long step, double seconds, int layer, Map<String, Double> figures, double[] groups) {
  /// Groups that slots are put in, where there are as many slots.
  private static final int GROUPS = 64;

  /// Digits behind the point of a group's share.
  private static final double DIGITS = 1e6;

  /// Copies the map.
  public UsageLine {
    figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
  }

  /// Slots of one group lie beside each other: with product keys, they share their first half-key
  /// or have neighbouring ones.
  ///
  /// @param reads how often each slot was read
  public static UsageLine of(
      long step, double seconds, int layer, Map<String, Double> figures, double[] reads) {
    double[] groups = new double[Math.min(GROUPS, reads.length)];
    double all = 0;
    for (int slot = 0; slot < reads.length; slot++) {
      groups[(int) ((long) slot * groups.length / reads.length)] += reads[slot];
      all += reads[slot];
    }
    for (int group = 0; group < groups.length && all > 0; group++) {
      groups[group] /= all;
    }
    return new UsageLine(step, seconds, layer, figures, groups);
  }

  /// A figure by name, NaN where there is none.
  public double figure(String name) {
    return figures.getOrDefault(name, Double.NaN);
  }

  ObjectNode toJson() {
    ObjectNode line = JsonMapper.shared().createObjectNode().put("step", step);
    MetricsLine.put(line, "seconds", seconds);
    line.put("layer", layer);
    figures.forEach((name, value) -> MetricsLine.put(line, name, value));
    ArrayNode shares = line.putArray("groups");
    for (double share : groups) {
      shares.add(Math.rint(share * DIGITS) / DIGITS);
    }
    return line;
  }

  static UsageLine fromJson(JsonNode line) {
    Map<String, Double> figures = new LinkedHashMap<>();
    line.properties().stream()
        .filter(entry -> entry.getValue().isNumber())
        .forEach(entry -> figures.put(entry.getKey(), entry.getValue().doubleValue()));
    figures.keySet().removeAll(List.of("step", "seconds", "layer"));
    return new UsageLine(
        line.path("step").asLong(0),
        MetricsLine.number(line.path("seconds")),
        line.path("layer").asInt(0),
        figures,
        line.path("groups").valueStream().mapToDouble(MetricsLine::number).toArray());
  }

  /// Whether a line tells of a window: others tell of revived parts.
  static boolean isWindow(JsonNode line) {
    return line.has("layer");
  }
}
