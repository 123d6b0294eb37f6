package org.mneme.data.task;

import java.util.List;

/// A question about a context that holds its answer, or does not.
///
/// @param id as the file gives it, which may give one twice; the line where it gives none
/// @param answers every one that counts as right, the first is taught; none when the context does
///   not hold any, or nobody knows
public record QuestionExample(
    String id, String question, String context, List<Answer> answers, Place place)
    implements TaskExample {
  /// A piece of the context.
  ///
  /// @param start where it begins in the context, as an index of the `String`
  public record Answer(String text, int start) {}

  @Override
  public List<String> texts() {
    return List.of(question, context);
  }

  @Override
  public List<String> labels() {
    return List.of();
  }
}
