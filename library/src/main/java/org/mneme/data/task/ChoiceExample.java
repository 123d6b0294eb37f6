package org.mneme.data.task;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A text that one of several choices fits.
///
/// @param text the context, or the question where there is no other context
/// @param question in front of each choice
/// @param choices at least two
/// @param answer the place of the right one, from 0; [#UNKNOWN] when nobody knows
public record ChoiceExample(
    String text, @Nullable String question, List<String> choices, int answer, Place place)
    implements TaskExample {
  /// No known answer.
  public static final int UNKNOWN = -1;

  /// The second text of the pair for choice `index`.
  public String second(int index) {
    return question == null ? choices.get(index) : question + " " + choices.get(index);
  }

  @Override
  public List<String> texts() {
    return Stream.concat(Stream.of(text), IntStream.range(0, choices.size()).mapToObj(this::second))
        .toList();
  }

  @Override
  public List<String> labels() {
    return List.of();
  }
}
