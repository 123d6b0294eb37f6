package org.mneme.data.source;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Reads rows with all their columns out of JSONL, CSV, TSV and Parquet files, in order, one at a
/// time. For one thread.
public final class RowReader {
  private static final int SHOWN = 60;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(
              DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
              DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final BadRecords bad;

  /// Counts what cannot be used in `bad`.
  public RowReader(BadRecords bad) {
    this.bad = bad;
  }

  /// Hands every row of `file` to `sink`, until that says that it has enough; returns whether it
  /// wanted all.
  ///
  /// @throws InvalidInputException of kind DATA when the file cannot be read, is no table, or has
  ///   too many bad rows
  public boolean read(SourceFile file, Predicate<SourceRow> sink) {
    return switch (file.format()) {
      case PARQUET -> readParquet(file, sink);
      case JSONL, CSV, TSV -> SourceStream.read(file.path(), in -> readRows(file, in, sink));
      case TEXT, AUTO, SHARDS -> throw noTable(file);
    };
  }

  /// The same of rows of JSONL, CSV or TSV that come out of `in`, which `file` describes.
  public boolean read(SourceFile file, InputStream in, Predicate<SourceRow> sink) {
    return SourceStream.read(file.path(), in, bytes -> readRows(file, bytes, sink));
  }

  private boolean readRows(SourceFile file, InputStream in, Predicate<SourceRow> sink)
      throws IOException {
    var lines = new Lines(file.path(), in, bad);
    return switch (file.format()) {
      case JSONL -> readJson(file, lines, sink);
      case CSV, TSV -> readTable(file, lines, sink);
      case PARQUET, TEXT, AUTO, SHARDS -> throw noTable(file);
    };
  }

  /// The error of a `file` that should be a table.
  public static InvalidInputException noTable(SourceFile file) {
    return SourceFile.unusable(
        file.path(),
        "is read as %s, and a table is wanted; convert it to .tsv, .csv, .jsonl or .parquet, or name"
                .formatted(file.format().name().toLowerCase(Locale.ROOT))
            + " its format with --format, in settings format of a source");
  }

  private boolean readTable(SourceFile file, Lines lines, Predicate<SourceRow> sink)
      throws IOException {
    TableRows rows = new TableRows(file, lines, bad);
    for (var row = rows.next(); row.isPresent(); row = rows.next()) {
      ObjectNode values = JSON.createObjectNode();
      for (int i = 0; i < rows.names().size(); i++) {
        values.put(rows.names().get(i), row.get().get(i));
      }
      if (!sink.test(new SourceRow(file.path(), rows.line(), values))) {
        return false;
      }
    }
    return true;
  }

  private boolean readJson(SourceFile file, Lines lines, Predicate<SourceRow> sink)
      throws IOException {
    for (var line = lines.next(); line.isPresent(); line = lines.next()) {
      if (line.get().isBlank()) {
        continue;
      }
      Optional<ObjectNode> values = json(file, lines.number(), line.get());
      if (values.isPresent()
          && !sink.test(new SourceRow(file.path(), lines.number(), values.get()))) {
        return false;
      }
    }
    return true;
  }

  private Optional<ObjectNode> json(SourceFile file, long number, String line) {
    String shown = line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
    try {
      if (JSON.readTree(line) instanceof ObjectNode object) {
        return Optional.of(object);
      }
      bad.add(BadKind.BROKEN_JSON, file.path(), number, "no JSON object: " + shown);
    } catch (JacksonException e) {
      int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
      boolean twice = e.getOriginalMessage().startsWith("Duplicate");
      String what =
          (twice ? "a key comes twice, at column %d: %s" : "broken JSON at column %d: %s")
              .formatted(column, shown);
      bad.add(BadKind.BROKEN_JSON, file.path(), number, what);
    }
    return Optional.empty();
  }

  private static boolean readParquet(SourceFile file, Predicate<SourceRow> sink) {
    String path = file.path().toString();
    try (Connection duck = ParquetFile.connect()) {
      List<String> names = List.copyOf(ParquetFile.columns(duck, path).keySet());
      try (PreparedStatement statement = duck.prepareStatement("SELECT * FROM read_parquet(?)")) {
        statement.setString(1, path);
        try (ResultSet rows = statement.executeQuery()) {
          for (long row = 1; rows.next(); row++) {
            ObjectNode values = JSON.createObjectNode();
            for (int i = 0; i < names.size(); i++) {
              values.set(names.get(i), node(rows.getObject(i + 1)));
            }
            if (!sink.test(new SourceRow(file.path(), row, values))) {
              return false;
            }
          }
        }
      }
      return true;
    } catch (SQLException e) {
      throw ParquetFile.unreadable(file.path(), e);
    }
  }

  private static JsonNode node(@Nullable Object value) throws SQLException {
    return switch (value) {
      case null -> JSON.nullNode();
      case Array array -> list(Arrays.asList((Object[]) array.getArray()));
      case List<?> list -> list(list);
      case Struct struct -> object(struct);
      case Number number -> JSON.valueToTree(number);
      case Boolean truth -> JSON.valueToTree(truth);
      default -> JSON.valueToTree(value.toString());
    };
  }

  private static JsonNode list(List<?> values) throws SQLException {
    List<JsonNode> nodes = new ArrayList<>(values.size());
    for (Object value : values) {
      nodes.add(node(value));
    }
    return JSON.createArrayNode().addAll(nodes);
  }

  private static JsonNode object(Struct struct) throws SQLException {
    ObjectNode object = JSON.createObjectNode();
    if (struct instanceof org.duckdb.DuckDBStruct named) {
      for (var entry : named.getMap().entrySet()) {
        object.set(entry.getKey(), node(entry.getValue()));
      }
    }
    return object;
  }
}
