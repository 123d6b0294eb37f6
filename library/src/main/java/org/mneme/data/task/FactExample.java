package org.mneme.data.task;

import java.util.List;

/// Something that a causal model is to know: an answer to a prompt, or a line by itself.
///
/// @param prompt what the answer follows, empty for a line by itself
/// @param answer what is learnt
public record FactExample(String prompt, String answer, Place place) implements TaskExample {
  /// Prompt and answer, with a blank between them unless one of them brings it.
  public String text() {
    return start() + answer;
  }

  /// What comes before the answer.
  String start() {
    boolean apart =
        prompt.isEmpty()
            || Character.isWhitespace(prompt.charAt(prompt.length() - 1))
            || Character.isWhitespace(answer.charAt(0));
    return apart ? prompt : prompt + " ";
  }

  @Override
  public List<String> texts() {
    return List.of(text());
  }

  @Override
  public List<String> labels() {
    return List.of();
  }
}
