package org.mneme.app.teach;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.evaluate.FactsEvaluation;
import org.mneme.evaluate.FactsEvaluation.Score;
import org.mneme.model.CausalLanguageModel;
import tools.jackson.databind.JsonNode;

/// What a model knows: of the facts that it is taught, of others of the same kind, and of text of
/// another kind.
record Knowledge(Score facts, Score otherFacts, Score otherText) {
  private static final String FACTS = "facts";
  private static final String OTHER_FACTS = "otherFacts";
  private static final String OTHER_TEXT = "otherText";

  /// Asks `model`.
  static Knowledge of(CausalLanguageModel model, Exam exam) {
    return new Knowledge(
        FactsEvaluation.evaluate(model, exam.facts()),
        FactsEvaluation.evaluate(model, exam.otherFacts()),
        FactsEvaluation.evaluate(model, exam.otherText()));
  }

  /// The figures, a part each.
  Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put(FACTS, facts.metrics());
    figures.put(OTHER_FACTS, otherFacts.metrics());
    figures.put(OTHER_TEXT, otherText.metrics());
    return figures;
  }

  /// What [#figures()] gave.
  static Knowledge from(JsonNode json) {
    return new Knowledge(
        score(json.path(FACTS)), score(json.path(OTHER_FACTS)), score(json.path(OTHER_TEXT)));
  }

  private static Score score(JsonNode json) {
    return new Score(
        json.path("loss").asDouble(Double.NaN),
        json.path("accuracy").asDouble(Double.NaN),
        json.path("exact").asDouble(Double.NaN),
        json.path("facts").asLong(0),
        json.path("tokens").asLong(0));
  }
}
