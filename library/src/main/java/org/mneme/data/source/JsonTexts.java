package org.mneme.data.source;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// Documents of a file with a JSON object a line. Read line by line, so that a broken one costs
/// only itself; blank lines are none.
final class JsonTexts {
  private static final int SHOWN = 60;

  private final SourceFile file;
  private final String column;
  private final BadRecords bad;
  private final JsonFactory json = new JsonFactory();

  /// What a line holds: a text, or what is wrong.
  private record Found(@Nullable BadKind bad, String text) {}

  JsonTexts(SourceFile file, BadRecords bad) {
    this.file = file;
    this.column = file.settings().column();
    this.bad = bad;
  }

  boolean read(Lines lines, TextSink sink) throws IOException {
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      if (line.get().isBlank()) {
        continue;
      }
      Found found = find(line.get());
      if (found.bad() != null) {
        bad.add(found.bad(), file.path(), lines.number(), found.text());
      } else if (!sink.accept(new SourceText(file.path(), lines.number(), found.text()))) {
        return false;
      }
    }
    return true;
  }

  private Found find(String line) {
    try (JsonParser parser = json.createParser(ObjectReadContext.empty(), line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return new Found(BadKind.BROKEN_JSON, "no JSON object: " + shown(line));
      }
      Found found = new Found(BadKind.MISSING_COLUMN, "no key '" + column + "'; name the column");
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = parser.currentName().equals(column);
        JsonToken value = parser.nextToken();
        if (wanted) {
          found = value(value, parser);
        }
        parser.skipChildren();
      }
      return parser.nextToken() == null
          ? found
          : new Found(BadKind.BROKEN_JSON, "more than one JSON object: " + shown(line));
    } catch (JacksonException e) {
      return new Found(
          BadKind.BROKEN_JSON,
          "broken JSON at column %d: %s"
              .formatted(e.getLocation() == null ? 0 : e.getLocation().getColumnNr(), shown(line)));
    }
  }

  private Found value(JsonToken value, JsonParser parser) {
    if (value != JsonToken.VALUE_STRING) {
      return new Found(
          BadKind.WRONG_TYPE,
          "'%s' holds %s, not text".formatted(column, shown(parser.getString())));
    }
    String text = parser.getString();
    return text.isBlank()
        ? new Found(BadKind.EMPTY, "'" + column + "' is empty")
        : new Found(null, text);
  }

  private static String shown(String line) {
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
