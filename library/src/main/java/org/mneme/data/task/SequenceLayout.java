package org.mneme.data.task;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mneme.data.source.SourceFile;
import tools.jackson.databind.JsonNode;

/// Texts and pairs of texts in tables.
record SequenceLayout(Target.Kind kind) implements TaskReader.Layout<SequenceExample> {
  @Override
  public SequenceExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    String first = columns.text();
    String second = columns.pair();
    if (first == null && second == null) {
      Optional<List<String>> names = TextColumns.pair(row::has);
      first = names.map(List::getFirst).orElse(null);
      second = names.map(List::getLast).orElse(null);
    }
    String text = Fields.text("text", row.required("text", first, TextColumns.TEXTS));
    return new SequenceExample(text, pair(row, second), target(row), row.place());
  }

  private static @Nullable String pair(Fields row, @Nullable String name) throws BadRecord {
    return name == null
        ? null
        : Fields.text("pair", row.required("pair", name, TextColumns.SECONDS));
  }

  private Target target(Fields row) throws BadRecord {
    String mapped = row.columns().label();
    Optional<JsonNode> value =
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
      row.unlabelled("label");
    }
    return target;
  }

  private static Target label(JsonNode value) throws BadRecord {
    Optional<String> label = Fields.label("label", value);
    return label.isPresent() ? new Target.Label(label.get()) : new Target.Unknown();
  }

  private static Target labels(JsonNode value, String separator) throws BadRecord {
    return value.isNull()
        ? new Target.Unknown()
        : new Target.Labels(
            Fields.list("label", value, Pattern.quote(separator)).stream().distinct().toList());
  }

  private static Target score(JsonNode value) throws BadRecord {
    if (value.isNull() || (value.isString() && value.stringValue().isBlank())) {
      return new Target.Unknown();
    }
    OptionalDouble score =
        value.isNumber() || value.isString()
            ? Numbers.parse(value.asString())
            : OptionalDouble.empty();
    if (score.isEmpty()) {
      throw Fields.wrongType("label", value, "a finite number");
    }
    return new Target.Score(score.getAsDouble());
  }

  @Override
  public boolean readPlain(SourceFile file, Reception<SequenceExample> sink) {
    throw SourceFile.unusable(
        file.path(),
        "is no .tsv, .csv, .jsonl or .parquet file; convert it, or name its format in the source");
  }
}
