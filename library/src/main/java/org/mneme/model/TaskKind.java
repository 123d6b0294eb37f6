package org.mneme.model;

import java.util.Arrays;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What a task head answers, of an encoder's hidden states.
public enum TaskKind {
  /// One answer to a text or a pair of texts: a label, several labels, or numbers.
  SEQUENCE("ForSequenceClassification"),
  /// A label for each token.
  TOKEN("ForTokenClassification"),
  /// Where in the text an answer begins and where it ends.
  QUESTION("ForQuestionAnswering"),
  /// Which of several texts is right.
  CHOICE("ForMultipleChoice");

  private final String suffix;

  TaskKind(String suffix) {
    this.suffix = suffix;
  }

  /// What the architecture's name in `config.json` ends with.
  public String suffix() {
    return suffix;
  }

  /// The kind of head that a `config.json` names under `architectures`, if any.
  public static Optional<TaskKind> in(JsonNode config) {
    return config
        .path("architectures")
        .valueStream()
        .map(name -> name.asString(""))
        .flatMap(name -> Arrays.stream(values()).filter(kind -> name.endsWith(kind.suffix)))
        .findFirst();
  }
}
