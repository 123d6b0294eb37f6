package org.mneme.data.task;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.RowReader;
import org.mneme.data.source.SourceFile;
import tools.jackson.databind.JsonNode;

/// Texts and pairs of texts in tables. Whether a file holds pairs its first row tells. One thread
/// at a time.
final class SequenceLayout implements TaskReader.Layout<SequenceExample> {
  private final Target.Kind kind;
  private final Map<Path, Optional<List<String>>> pairs = new HashMap<>();

  SequenceLayout(Target.Kind kind) {
    this.kind = kind;
  }

  @Override
  public SequenceExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    String first = columns.text();
    String second = columns.pair();
    if (first == null && second == null) {
      Optional<List<String>> names = usualPair(row);
      first = names.map(List::getFirst).orElse(null);
      second = names.map(List::getLast).orElse(null);
    }
    String text = row.required("text", first, TextColumns.TEXTS).text();
    return new SequenceExample(text, pair(row, second), target(row), row.place());
  }

  private Optional<List<String>> usualPair(Fields row) throws BadRecord {
    Optional<List<String>> own = TextColumns.pair(row::has);
    Optional<List<String>> files = pairs.computeIfAbsent(row.place().file(), _ -> own);
    if (files.isEmpty() && own.isPresent()) {
      throw new BadRecord(
          BadKind.MISSING_COLUMN,
          "a pair, '%s' and '%s', but the file's first row is none; name the columns"
              .formatted(own.get().getFirst(), own.get().getLast()));
    }
    return files;
  }

  private static @Nullable String pair(Fields row, @Nullable String name) throws BadRecord {
    return name == null ? null : row.required("pair", name, TextColumns.SECONDS).text();
  }

  private Target target(Fields row) throws BadRecord {
    String mapped = row.columns().label();
    Optional<Field> value =
        switch (kind) {
          case LABEL ->
              row.labelColumn(
                  "label",
                  mapped,
                  "label",
                  "labels",
                  "class",
                  "category",
                  "intent",
                  "target",
                  "score");
          case LABELS ->
              row.labelColumn("label", mapped, "labels", "label", "classes", "categories", "tags");
          case SCORE ->
              row.labelColumn("label", mapped, "score", "label", "labels", "similarity", "target");
        };
    if (value.isEmpty()) {
      return new Target.Unknown();
    }
    Target target =
        switch (kind) {
          case LABEL -> label(value.get());
          case LABELS -> labels(value.get(), row.columns().separator());
          case SCORE -> score(value.get());
        };
    if (target instanceof Target.Unknown) {
      row.unlabelled(value.get());
    }
    return target;
  }

  private static Target label(Field field) throws BadRecord {
    Optional<String> label = field.label();
    return label.isPresent() ? new Target.Label(label.get()) : new Target.Unknown();
  }

  private static Target labels(Field field, String separator) throws BadRecord {
    return field.isNull()
        ? new Target.Unknown()
        : new Target.Labels(field.list(Pattern.quote(separator)).stream().distinct().toList());
  }

  private static Target score(Field field) throws BadRecord {
    JsonNode value = field.value();
    if (value.isNull() || (value.isString() && value.stringValue().isBlank())) {
      return new Target.Unknown();
    }
    OptionalDouble score =
        value.isNumber() || value.isString()
            ? Numbers.parse(value.asString())
            : OptionalDouble.empty();
    if (score.isEmpty()) {
      throw field.wrongType("a finite number (float32)");
    }
    return new Target.Score(score.getAsDouble());
  }

  @Override
  public boolean readPlain(SourceFile file, InputStream in, Reception<SequenceExample> sink) {
    throw RowReader.noTable(file);
  }
}
