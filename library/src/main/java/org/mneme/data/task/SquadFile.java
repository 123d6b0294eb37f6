package org.mneme.data.task;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.SourceFile;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Questions of a file in SQuAD's layout, versions 1.1 and 2.0: `data`, `paragraphs`, `context` and
/// `qas`. Read paragraph by paragraph, so that a file of any size will do.
final class SquadFile {
  private final SourceFile file;
  private final Reception<QuestionExample> sink;

  /// A question as it stands in the file.
  private record Asked(JsonNode node, long line) {}

  SquadFile(SourceFile file, Reception<QuestionExample> sink) {
    this.file = file;
    this.sink = sink;
  }

  boolean read(InputStream in) throws IOException {
    try (JsonParser parser = JsonMapper.shared().createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw noSquad(parser);
      }
      return listIn(parser, "data", () -> listIn(parser, "paragraphs", () -> paragraph(parser)));
    } catch (JacksonException e) {
      if (e.getCause() instanceof EOFException cut) {
        throw cut;
      }
      var at = e.getLocation();
      throw SourceFile.unusable(
          file.path(),
          "line %d, column %d: broken JSON; questions are SQuAD's JSON, or a .jsonl, .tsv, .csv or"
                  .formatted(at == null ? 0 : at.getLineNr(), at == null ? 0 : at.getColumnNr())
              + " .parquet file",
          e);
    }
  }

  /// Reads one element of a list; returns whether there may be more.
  private interface Element {
    boolean read();
  }

  /// Reads the object that the parser has just entered: every element of the list `name` in it is
  /// read by `element`, anything else is passed over.
  private boolean listIn(JsonParser parser, String name, Element element) {
    boolean found = false;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      boolean wanted = parser.currentName().equals(name);
      JsonToken value = parser.nextToken();
      if (!wanted) {
        parser.skipChildren();
        continue;
      }
      found = value == JsonToken.START_ARRAY;
      while (found && parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
          throw noSquad(parser);
        }
        if (!element.read()) {
          return false;
        }
      }
    }
    if (!found) {
      throw noSquad(parser);
    }
    return true;
  }

  private RuntimeException noSquad(JsonParser parser) {
    return SourceFile.unusable(
        file.path(),
        "line %d: not SQuAD's layout, {\"data\": [{\"paragraphs\": [{\"context\": ..., \"qas\":"
                .formatted(parser.currentTokenLocation().getLineNr())
            + " [...]}]}]}; convert it, or write a JSON object a line into a .jsonl file");
  }

  /// The context may stand behind its questions.
  private boolean paragraph(JsonParser parser) {
    long start = parser.currentTokenLocation().getLineNr();
    JsonNode context = JsonMapper.shared().missingNode();
    List<Asked> asked = new ArrayList<>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("context")) {
        context = parser.readValueAsTree();
      } else if (name.equals("qas") && value == JsonToken.START_ARRAY) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          long line = parser.currentTokenLocation().getLineNr();
          asked.add(new Asked(parser.readValueAsTree(), line));
        }
      } else {
        parser.skipChildren();
      }
    }
    return take(context, start, asked);
  }

  private boolean take(JsonNode context, long start, List<Asked> asked) {
    for (Asked one : asked) {
      var place = place(one, start);
      if (!sink.take(place, () -> example(context, one.node(), place))) {
        return false;
      }
    }
    return true;
  }

  private Place place(Asked one, long start) {
    JsonNode id = one.node().path("id");
    long line = Math.max(start, one.line());
    return new Place(file.path(), line, id.isString() || id.isNumber() ? id : null);
  }

  private QuestionExample example(JsonNode context, JsonNode node, Place place) throws BadRecord {
    String id = node.path("id").asString(Long.toString(place.line()));
    try {
      String text = present("context", context).text();
      String question = present("question", node.path("question")).text();
      boolean impossible = node.path("is_impossible").asBoolean(false);
      JsonNode answers = node.path("answers");
      if (!impossible && answers.isMissingNode() && sink.reading().labelled()) {
        throw new BadRecord(BadKind.MISSING_LABEL, "no 'answers'; list them");
      }
      boolean none =
          impossible
              || answers.isMissingNode()
              || answers.isNull()
              || sink.reading().need() == TaskReading.Need.NONE;
      return new QuestionExample(
          id,
          question,
          text,
          none ? List.of() : QuestionLayout.answers(text, new Field("answers", answers)),
          place);
    } catch (BadRecord e) {
      throw new BadRecord(e.kind(), "question '%s': %s".formatted(id, e.what()));
    }
  }

  private static Field present(String name, JsonNode value) throws BadRecord {
    if (value.isMissingNode()) {
      throw new BadRecord(BadKind.MISSING_COLUMN, "no '%s'".formatted(name));
    }
    return new Field(name, value);
  }
}
