package org.mneme.app.teach;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.app.teach.TeachPlan.Method;
import tools.jackson.databind.JsonNode;

/// What teaching by one method at one rate came to.
///
/// @param seconds of training
/// @param trained parameters
record Taught(
    Method method, double rate, Knowledge after, long steps, double seconds, long trained) {
  /// The figures by name.
  Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("method", method.toString());
    figures.put("rate", rate);
    figures.put("steps", steps);
    figures.put("seconds", seconds);
    figures.put("trainedParameters", trained);
    figures.put("after", after.figures());
    return figures;
  }

  /// What [#figures()] gave.
  static Taught from(JsonNode json) {
    return new Taught(
        json.path("method").asString("").equals(Method.MEMORY.toString())
            ? Method.MEMORY
            : Method.ADAPTERS,
        json.path("rate").asDouble(Double.NaN),
        Knowledge.from(json.path("after")),
        json.path("steps").asLong(0),
        json.path("seconds").asDouble(Double.NaN),
        json.path("trainedParameters").asLong(0));
  }

  /// By how much the loss on text of another kind rose, in nats.
  double forgotten(Knowledge before) {
    return after.otherText().loss() - before.otherText().loss();
  }
}
