package org.mneme.data.task;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.SourceFile;
import tools.jackson.databind.JsonNode;

/// Questions: SQuAD's JSON, or rows of a table with the answers as Hugging Face writes them.
record QuestionLayout() implements TaskReader.Layout<QuestionExample> {
  private static final int SHOWN = 40;

  @Override
  public QuestionExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    String line = Long.toString(row.row().line());
    String id =
        row.find("id", columns.id(), Fields.IDS)
            .map(found -> found.value().asString(line))
            .orElse(line);
    String question = row.required("question", columns.question(), "question").text();
    String context = row.required("context", columns.context(), "context", "passage").text();
    Optional<Field> answers = row.labelColumn("answers", columns.answers(), "answers", "answer");
    List<QuestionExample.Answer> found =
        answers.isEmpty() || answers.get().isNull()
            ? List.of()
            : answers(context, answers.get().json());
    return new QuestionExample(id, question, context, found, row.place());
  }

  /// Answers as SQuAD lists them (`[{"text", "answer_start"}]`) or Hugging Face (`{"text": [...],
  /// "answer_start": [...]}`).
  static List<QuestionExample.Answer> answers(String context, Field field) throws BadRecord {
    JsonNode answers = field.value();
    List<QuestionExample.Answer> found = new ArrayList<>();
    if (answers.isArray()) {
      for (JsonNode one : answers) {
        answer(context, field.name(), one.path("text"), one.path("answer_start"))
            .ifPresent(found::add);
      }
      return found;
    }
    JsonNode texts = answers.path("text");
    JsonNode starts = answers.path("answer_start");
    if (!texts.isArray() || !starts.isArray() || texts.size() != starts.size()) {
      throw field.wrongType("as many 'text' as 'answer_start'");
    }
    for (int i = 0; i < texts.size(); i++) {
      answer(context, field.name(), texts.path(i), starts.path(i)).ifPresent(found::add);
    }
    return found;
  }

  /// An empty text is no answer: some files write so that there is none.
  private static Optional<QuestionExample.Answer> answer(
      String context, String name, JsonNode text, JsonNode start) throws BadRecord {
    if (!text.isString()) {
      throw new Field(name + ".text", text).wrongType("text");
    }
    if (text.stringValue().isBlank()) {
      return Optional.empty();
    }
    if (!start.isIntegralNumber() || !start.canConvertToInt()) {
      throw new Field(name + ".answer_start", start).wrongType("a whole number");
    }
    String answer = text.stringValue();
    int points = context.codePointCount(0, context.length());
    int given = start.intValue();
    int at = given < 0 || given > points ? context.length() : context.offsetByCodePoints(0, given);
    if (!context.startsWith(answer, at)) {
      throw new BadRecord(BadKind.WRONG_ANSWER, wrong(context, answer, given, at));
    }
    return Optional.of(new QuestionExample.Answer(answer, at));
  }

  private static String wrong(String context, String answer, int given, int at) {
    String there = context.substring(at, Math.min(context.length(), at + answer.length()));
    int real = context.indexOf(answer);
    String remedy =
        real < 0
            ? "it is nowhere in the context"
            : "it stands at %d (answer_start counts code points, not bytes or UTF-16 units)"
                .formatted(context.codePointCount(0, real));
    return "the context has '%s' at %d, not the answer '%s'; %s"
        .formatted(shown(there), given, shown(answer), remedy);
  }

  private static String shown(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }

  @Override
  public boolean readPlain(SourceFile file, InputStream in, Reception<QuestionExample> sink)
      throws IOException {
    return new SquadFile(file, sink).read(in);
  }
}
