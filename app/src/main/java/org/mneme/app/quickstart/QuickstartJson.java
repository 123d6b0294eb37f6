package org.mneme.app.quickstart;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.UsageReport;

/// The result for machines.
final class QuickstartJson {
  private QuickstartJson() {}

  /// The result as maps and lists; the keys are the command's contract.
  static Map<String, Object> of(Quickstart.Result result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("seed", result.settings().seed());
    json.put("facts", result.settings().facts());
    json.put("heldOut", result.settings().heldOut());
    json.put("keysPerSide", result.settings().keysPerSide());
    json.put("minutes", result.settings().minutes());
    json.put("before", scores(result.factsBefore(), result.heldOutBefore()));
    json.put("variants", result.variants().stream().map(QuickstartJson::variant).toList());
    json.put("usage", usage(result));
    json.put("seconds", result.seconds());
    json.put("model", result.model().toString());
    json.put("report", result.report().toString());
    return json;
  }

  private static Map<String, Object> scores(Score facts, Score heldOut) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("factsAccuracy", facts.accuracy());
    json.put("heldOutAccuracy", heldOut.accuracy());
    json.put("factsLoss", facts.loss());
    json.put("heldOutLoss", heldOut.loss());
    return json;
  }

  private static Map<String, Object> variant(VariantResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", result.variant().label());
    json.putAll(scores(result.facts(), result.heldOut()));
    json.put("msPerStep", result.outcome().msPerStep());
    json.put("tokensPerSecond", result.outcome().tokens() / result.outcome().seconds());
    json.put("steps", result.outcome().steps());
    json.put("seconds", result.outcome().seconds());
    json.put("parameters", result.parameters());
    json.put("trainedParameters", result.trained());
    json.put("peakBytes", result.peakBytes());
    return json;
  }

  /// The use of the memory's layer while facts and held-out glosses were evaluated.
  private static Map<String, Object> usage(Quickstart.Result result) {
    List<UsageReport> reports =
        result.variants().stream().flatMap(variant -> variant.use().values().stream()).toList();
    return new LinkedHashMap<>(MemoryUse.figures(reports.getFirst()));
  }
}
