package org.mneme.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A line of `metrics.jsonl`: what one step of training came to, or one evaluation after a step.
///
/// @param step counted from 1
/// @param split `train`, or the name of the text that was evaluated, such as `dev`
/// @param loss mean over the targets; NaN where it was not finite
/// @param learningRate of everything but values, in effect in that step
/// @param tokens real tokens read in training since the run began
/// @param tokensPerSecond real tokens per second of training, over the last steps
/// @param seconds of training since the run began, evaluations left out
/// @param more further figures by name; NaN where they were not finite
public record MetricsLine(
    long step,
    String split,
    double loss,
    double learningRate,
    long tokens,
    double tokensPerSecond,
    double seconds,
    Map<String, Double> more) {
  /// The split of steps of training.
  public static final String TRAIN = "train";

  /// The split of evaluations on held-out text.
  public static final String DEV = "dev";

  private static final Set<String> OWN =
      Set.of("step", "split", "loss", "lr", "tokens", "tokensPerSecond", "seconds");

  /// Copies the map; a figure must not have the name of a component.
  public MetricsLine {
    more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
    for (String name : more.keySet()) {
      if (OWN.contains(name)) {
        throw new IllegalArgumentException(
            "\"" + name + "\" is a key of every line of metrics.jsonl; give it another name");
      }
    }
  }

  /// Whether this is a step of training.
  public boolean isTraining() {
    return split.equals(TRAIN);
  }

  /// A further figure by name, NaN where there is none.
  public double figure(String name) {
    return more.getOrDefault(name, Double.NaN);
  }

  /// The line as it stands in the file; numbers that are not finite are `null`.
  ObjectNode toJson() {
    ObjectNode line = JsonMapper.shared().createObjectNode().put("step", step).put("split", split);
    put(line, "loss", loss);
    put(line, "lr", learningRate);
    line.put("tokens", tokens);
    put(line, "tokensPerSecond", tokensPerSecond);
    put(line, "seconds", seconds);
    more.forEach((name, value) -> put(line, name, value));
    return line;
  }

  /// Puts a number, a whole one without a point.
  static void put(ObjectNode line, String name, double value) {
    if (!Double.isFinite(value)) {
      line.putNull(name);
    } else if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
      line.put(name, (long) value);
    } else {
      line.put(name, value);
    }
  }

  /// The line that stood in the file. Lines of earlier builds, which lack some keys, read as NaN.
  static MetricsLine fromJson(JsonNode line) {
    Map<String, Double> more = new LinkedHashMap<>();
    line.properties().stream()
        .filter(entry -> !OWN.contains(entry.getKey()))
        .filter(entry -> entry.getValue().isNumber() || entry.getValue().isNull())
        .forEach(entry -> more.put(entry.getKey(), number(entry.getValue())));
    return new MetricsLine(
        line.path("step").asLong(0),
        line.path("split").asString(""),
        number(line.path("loss")),
        number(line.path("lr")),
        (long) number(line.path("tokens")),
        number(line.path("tokensPerSecond")),
        number(line.path("seconds")),
        more);
  }

  /// A number, NaN where the node holds none.
  static double number(JsonNode node) {
    return node.isNumber() ? node.doubleValue() : Double.NaN;
  }
}
