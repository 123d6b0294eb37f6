package org.mneme.data.task;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;

/// Texts with choices: a row for each pair of the text and one choice, those of an example always
/// together. All examples have the same number of choices.
public final class ChoiceFeatures implements TaskFeatures {
  private final TaskRows rows;
  private final int[] answers;
  private final int choices;

  private ChoiceFeatures(TaskRows rows, int[] answers, int choices) {
    this.rows = rows;
    this.answers = answers;
    this.choices = choices;
  }

  /// Examples with rows of at most `maxLength` tokens.
  public static ChoiceFeatures of(
      TaskReader<ChoiceExample> reader, Tokenizer tokenizer, int maxLength) {
    EncodingOptions options = EncodingOptions.DEFAULT.withMaxLength(maxLength);
    var rows = new TaskRows.Builder();
    List<Integer> answers = new ArrayList<>();
    int[] choices = new int[1];
    Chunks.encode(
        reader,
        example -> encode(tokenizer, example, options),
        (example, encoded) -> {
          choices[0] = choices[0] == 0 ? encoded.size() : choices[0];
          requireSame(example, choices[0]);
          encoded.forEach(row -> rows.add(answers.size(), row));
          answers.add(
              example.answer() == ChoiceExample.UNKNOWN
                  ? Integer.valueOf(IGNORED)
                  : example.answer());
        });
    int[] known = answers.stream().mapToInt(Integer::intValue).toArray();
    return new ChoiceFeatures(rows.build(), known, choices[0]);
  }

  private static List<TaskRows.Row> encode(
      Tokenizer tokenizer, ChoiceExample example, EncodingOptions options) {
    return IntStream.range(0, example.choices().size())
        .mapToObj(
            i -> TaskRows.Row.of(tokenizer.encodePair(example.text(), example.second(i), options)))
        .toList();
  }

  private static void requireSame(ChoiceExample example, int choices) {
    if (example.choices().size() != choices) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          example.place().file().toString(),
          "%s: %d choices, the first example has %d; give all the same number"
              .formatted(example.place(), example.choices().size(), choices));
    }
  }

  /// How many choices every example has.
  public int choices() {
    return choices;
  }

  @Override
  public int examples() {
    return answers.length;
  }

  @Override
  public TaskRows rows() {
    return rows;
  }

  @Override
  public int rowsPerGroup() {
    return choices;
  }

  @Override
  public TaskTargets targets(int[] groups, int time) {
    return new TaskTargets.Labels(
        IntStream.of(groups).mapToLong(example -> answers[example]).toArray());
  }
}
