package org.mneme.data.source;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.duckdb.DuckDBDriver;

/// Documents of a column of a Parquet file, through DuckDB, which reads row group by row group.
final class ParquetTexts {
  private ParquetTexts() {}

  static boolean read(SourceFile file, BadRecords bad, TextSink sink) {
    String path = file.path().toString();
    try (Connection duck = connect()) {
      String column = requireText(file, columns(duck, path));
      String query = "SELECT \"%s\" FROM read_parquet(?)".formatted(column.replace("\"", "\"\""));
      try (PreparedStatement statement = duck.prepareStatement(query)) {
        statement.setString(1, path);
        try (ResultSet rows = statement.executeQuery()) {
          return read(file, rows, bad, sink);
        }
      }
    } catch (SQLException e) {
      throw SourceFile.unusable(
          file.path(),
          "cannot be read as Parquet: " + firstLine(String.valueOf(e.getMessage())),
          e);
    }
  }

  private static boolean read(SourceFile file, ResultSet rows, BadRecords bad, TextSink sink)
      throws SQLException {
    for (long row = 1; rows.next(); row++) {
      String text = rows.getString(1);
      if (text == null || text.isBlank()) {
        String what = "'" + file.settings().column() + "' is " + (text == null ? "null" : "empty");
        bad.add(BadKind.EMPTY, file.path(), row, what);
      } else if (!sink.accept(new SourceText(file.path(), row, text))) {
        return false;
      }
    }
    return true;
  }

  /// One thread keeps the rows in order and leaves the processors to the tokenizer; extensions are
  /// never downloaded.
  private static Connection connect() throws SQLException {
    var settings = new Properties();
    settings.setProperty("jdbc_stream_results", "true");
    settings.setProperty("threads", "1");
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    Connection connection = new DuckDBDriver().connect("jdbc:duckdb:", settings);
    if (connection == null) {
      throw new SQLException("DuckDB does not know jdbc:duckdb:");
    }
    return connection;
  }

  /// The types of the columns by name.
  private static Map<String, String> columns(Connection duck, String path) throws SQLException {
    Map<String, String> columns = new LinkedHashMap<>();
    try (PreparedStatement statement =
        duck.prepareStatement(
            "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet("
                + "'"
                + path.replace("'", "''")
                + "'))")) {
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.put(rows.getString(1), rows.getString(2));
        }
      }
    }
    return columns;
  }

  private static String requireText(SourceFile file, Map<String, String> columns) {
    String column = file.settings().column();
    String type = columns.get(column);
    if (type == null) {
      throw SourceFile.unusable(
          file.path(),
          "has no column '%s'; name one of %s"
              .formatted(column, String.join(", ", columns.keySet())));
    }
    if (!type.equals("VARCHAR")) {
      throw SourceFile.unusable(
          file.path(), "column '%s' holds %s, not text".formatted(column, type));
    }
    return column;
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }
}
