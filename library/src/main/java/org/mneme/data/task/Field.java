package org.mneme.data.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.mneme.data.source.BadKind;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a record holds under a name.
///
/// @param name of the column or key, for messages
record Field(String name, JsonNode value) {
  private static final int SHOWN = 60;

  boolean isNull() {
    return value.isNull();
  }

  /// A text that may not be blank.
  String text() throws BadRecord {
    if (value.isNull()) {
      throw empty(BadKind.EMPTY, "");
    }
    if (!value.isString()) {
      throw wrongType("text");
    }
    if (value.stringValue().isBlank()) {
      throw empty(BadKind.EMPTY, "");
    }
    return value.stringValue();
  }

  /// There is nothing.
  ///
  /// @param remedy what to do about it, `; ` first
  BadRecord empty(BadKind kind, String remedy) {
    return new BadRecord(kind, "'%s' is %s%s".formatted(name, isNull() ? "null" : "empty", remedy));
  }

  BadRecord wrongType(String wanted) {
    String found = value.toString();
    return new BadRecord(
        BadKind.WRONG_TYPE,
        "'%s' holds %s, not %s"
            .formatted(
                name, found.length() <= SHOWN ? found : found.substring(0, SHOWN) + "...", wanted));
  }

  /// A text, number or truth value as a label; empty for null and blank texts.
  Optional<String> label() throws BadRecord {
    if (value.isNull()) {
      return Optional.empty();
    }
    if (!value.isValueNode()) {
      throw wrongType("a label");
    }
    String label = value.asString();
    return label.isBlank() ? Optional.empty() : Optional.of(label);
  }

  /// A list of texts or numbers; one written as a text is JSON, or parted by `separator` (a regular
  /// expression).
  List<String> list(String separator) throws BadRecord {
    List<String> parts = new ArrayList<>();
    if (value.isString() && !value.stringValue().strip().startsWith("[")) {
      for (String part : value.stringValue().strip().split(separator)) {
        if (!part.isBlank()) {
          parts.add(part.strip());
        }
      }
      return parts;
    }
    JsonNode list = json().value;
    if (!list.isArray()) {
      throw wrongType("a list");
    }
    for (JsonNode part : list) {
      Optional<String> label =
          part.isValueNode() ? new Field(name, part).label() : Optional.empty();
      parts.add(label.orElseThrow(() -> wrongType("a list of texts")));
    }
    return parts;
  }

  /// The same; what is written as a text is read as JSON.
  Field json() throws BadRecord {
    if (!value.isString()) {
      return this;
    }
    try {
      return new Field(name, JsonMapper.shared().readTree(value.stringValue()));
    } catch (JacksonException e) {
      throw wrongType("JSON");
    }
  }

  /// A whole number, also written as a text.
  OptionalInt integer() {
    if (value.isIntegralNumber() && value.canConvertToInt()) {
      return OptionalInt.of(value.intValue());
    }
    boolean digits = value.isString() && value.stringValue().matches("\\d{1,9}");
    return digits ? OptionalInt.of(Integer.parseInt(value.stringValue())) : OptionalInt.empty();
  }
}
