package org.mneme.model;

import java.util.Arrays;
import java.util.List;
import org.mneme.InvalidInputException;

/// What the scores of a text mean, and so its loss: `problem_type` of `config.json`.
public enum ProblemType {
  /// One label is right: cross-entropy.
  SINGLE_LABEL("single_label_classification"),
  /// Each label is right or not: binary cross-entropies of the scores' sigmoids.
  MULTI_LABEL("multi_label_classification"),
  /// The scores are the numbers asked for: squared differences.
  REGRESSION("regression");

  private final String huggingFaceName;

  ProblemType(String huggingFaceName) {
    this.huggingFaceName = huggingFaceName;
  }

  /// The name that `config.json` uses.
  public String huggingFaceName() {
    return huggingFaceName;
  }

  /// The problem of that Hugging Face name.
  public static ProblemType of(String name) {
    return Arrays.stream(values())
        .filter(problem -> problem.huggingFaceName.equals(name))
        .findFirst()
        .orElseThrow(() -> {
          List<String> known =
              Arrays.stream(values()).map(ProblemType::huggingFaceName).sorted().toList();
          return InvalidInputException.config(
              "problem_type",
              "\"" + name + "\" is not known; known are " + String.join(", ", known));
        });
  }
}
