package org.mneme.data.task;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mneme.config.Spelling;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceRow;
import tools.jackson.databind.JsonNode;

/// The fields of a row, found by the names that the settings or custom give them.
///
/// @param table whether every row has the same columns, so that a missing one is the file's fault
record Fields(SourceRow row, boolean table, TaskReading reading) {
  /// What columns are called that name examples.
  static final String[] IDS = {"id", "qid"};

  Place place() {
    String mapped = columns().id();
    Stream<String> names = mapped == null ? Stream.of(IDS) : Stream.of(mapped);
    Optional<JsonNode> id =
        names.map(name -> row.values().path(name)).filter(Fields::isName).findFirst();
    return new Place(row.file(), row.line(), id.orElse(null));
  }

  private static boolean isName(JsonNode value) {
    return value.isString() || value.isNumber();
  }

  /// Throws where the settings name a column of names that is not there.
  void requireId() throws BadRecord {
    var unused = find("id", columns().id());
  }

  ColumnsConfig columns() {
    return reading.columns();
  }

  /// Whether there is a column of that name.
  boolean has(String name) {
    return row.values().has(name);
  }

  /// The value of a column that has to exist: `mapped`, or the first of the `usual` ones.
  ///
  /// @param role its name in the settings
  Field required(String role, @Nullable String mapped, String... usual) throws BadRecord {
    Optional<Field> found = find(role, mapped, usual);
    if (found.isPresent()) {
      return found.get();
    }
    throw missing(role, null, usual);
  }

  /// The value of a column that may be absent unless it is `mapped`.
  Optional<Field> find(String role, @Nullable String mapped, String... usual) throws BadRecord {
    if (mapped != null && !has(mapped)) {
      throw missing(role, mapped, usual);
    }
    return Stream.of(mapped == null ? usual : new String[] {mapped})
        .filter(this::has)
        .findFirst()
        .map(name -> new Field(name, row.values().path(name)));
  }

  private BadRecord missing(String role, @Nullable String mapped, String... usual) {
    List<String> names = List.copyOf(row.values().propertyNames());
    String there = "there are " + String.join(", ", names);
    String what =
        mapped == null
            ? ("no column of usual name for '%s' (%s); %s: name one of them with --%s-column, in"
                    + " settings columns.%s")
                .formatted(role, String.join(", ", usual), there, role, role)
            : "no column '%s' for '%s'; %s%s"
                .formatted(
                    mapped,
                    role,
                    there,
                    Spelling.nearest(mapped, names)
                        .map(name -> "; did you mean " + name + "?")
                        .orElse(""));
    if (table) {
      throw SourceFile.unusable(row.file(), what);
    }
    return new BadRecord(BadKind.MISSING_COLUMN, what);
  }

  /// A label is missing: an error where labels are needed.
  void unlabelled(Field label) throws BadRecord {
    if (reading.labelled()) {
      throw label.empty(BadKind.MISSING_LABEL, "; label it");
    }
  }

  /// The label's column; empty where there is none and none is needed, or labels are not looked at.
  Optional<Field> labelColumn(String role, @Nullable String mapped, String... usual)
      throws BadRecord {
    return switch (reading.need()) {
      case ALL -> Optional.of(required(role, mapped, usual));
      case SOME -> find(role, mapped, usual);
      case NONE -> Optional.empty();
    };
  }
}
