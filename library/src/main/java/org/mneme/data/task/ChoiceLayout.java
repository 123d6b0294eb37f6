package org.mneme.data.task;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.RowReader;
import org.mneme.data.source.SourceFile;
import tools.jackson.databind.JsonNode;

/// Texts with choices in tables: a column with a list, or numbered columns.
record ChoiceLayout() implements TaskReader.Layout<ChoiceExample> {
  private static final List<String> LISTS = List.of("choices", "endings", "options");
  private static final List<String> NUMBERED = List.of("choice", "ending", "option", "answer");
  private static final String[] TEXTS = {
    "context", "article", "passage", "sent1", "premise", "sentence", "text", "question"
  };
  private static final int MOST = 26;

  @Override
  public ChoiceExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    String text = row.required("text", columns.text(), TEXTS).text();
    boolean own =
        columns.text() == null
            && Stream.of(TEXTS).anyMatch(name -> !isQuestion(name) && row.has(name));
    Optional<Field> question =
        own || columns.question() != null
            ? row.find("question", columns.question(), "question", "sent2", "startphrase")
            : Optional.empty();
    List<String> choices = choices(row);
    if (choices.size() < 2 || choices.size() > MOST) {
      throw new BadRecord(
          BadKind.WRONG_TYPE,
          "%d choices, there have to be 2 to %d".formatted(choices.size(), MOST));
    }
    String asked = question.isEmpty() ? null : question.get().text();
    return new ChoiceExample(text, asked, choices, answer(row, choices), row.place());
  }

  private static boolean isQuestion(String name) {
    return name.equals("question");
  }

  private static List<String> choices(Fields row) throws BadRecord {
    List<String> mapped = row.columns().choices();
    List<String> names = mapped.size() > 1 ? mapped : mapped.isEmpty() ? numbered(row) : List.of();
    if (!names.isEmpty()) {
      List<String> choices = new ArrayList<>();
      for (String name : names) {
        choices.add(row.required("choices", name).text());
      }
      return choices;
    }
    Field list = list(row);
    JsonNode texts = list.value().isObject() ? list.value().path("text") : list.value();
    if (!texts.isArray()) {
      throw list.wrongType("a list");
    }
    List<String> choices = new ArrayList<>();
    for (JsonNode text : texts) {
      choices.add(new Field(list.name(), text).text());
    }
    return choices;
  }

  /// A list, or `{"label": ["A", ...], "text": [...]}`, as CommonsenseQA and ARC write it.
  private static Field list(Fields row) throws BadRecord {
    List<String> mapped = row.columns().choices();
    String name = mapped.isEmpty() ? null : mapped.getFirst();
    return row.required("choices", name, LISTS.toArray(String[]::new)).json();
  }

  /// What the row calls its choices; empty where they have no names.
  private static List<String> names(Fields row) throws BadRecord {
    if (row.columns().choices().size() > 1 || !numbered(row).isEmpty()) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (JsonNode name : list(row).value().path("label")) {
      names.add(name.asString(""));
    }
    return names;
  }

  /// `choice0`, `choice1`, ..., or counted from 1; empty when there are none such.
  private static List<String> numbered(Fields row) {
    for (String name : NUMBERED) {
      int first = row.has(name + 0) ? 0 : 1;
      List<String> names =
          IntStream.range(first, first + MOST).mapToObj(i -> name + i).takeWhile(row::has).toList();
      if (names.size() > 1) {
        return names;
      }
    }
    return List.of();
  }

  /// One of the names that the row gives its choices; else a number from 0, a letter from A, or the
  /// choice itself.
  private static int answer(Fields row, List<String> choices) throws BadRecord {
    Optional<Field> value =
        row.labelColumn("label", row.columns().label(), "label", "answer", "answerKey", "labels");
    if (value.isEmpty()) {
      return ChoiceExample.UNKNOWN;
    }
    Optional<String> label = value.get().label();
    if (label.isEmpty()) {
      row.unlabelled(value.get());
      return ChoiceExample.UNKNOWN;
    }
    String name = label.get();
    List<String> names = names(row);
    if (names.size() == choices.size() && names.contains(name)) {
      return names.indexOf(name);
    }
    OptionalInt number = value.get().integer();
    boolean letter = name.length() == 1 && name.charAt(0) >= 'A' && name.charAt(0) <= 'Z';
    int answer =
        number.isPresent()
            ? number.getAsInt()
            : letter ? name.charAt(0) - 'A' : choices.indexOf(name);
    if (answer < 0 || answer >= choices.size()) {
      throw new BadRecord(
          BadKind.UNKNOWN_LABEL,
          "label '%s' is no choice; there are 0 to %d (or A to %s)"
              .formatted(name, choices.size() - 1, (char) ('A' + choices.size() - 1)));
    }
    return answer;
  }

  @Override
  public boolean readPlain(SourceFile file, InputStream in, Reception<ChoiceExample> sink) {
    throw RowReader.noTable(file);
  }
}
