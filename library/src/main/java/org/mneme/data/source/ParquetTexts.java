package org.mneme.data.source;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;

/// Documents of a column of a Parquet file, through DuckDB, which reads row group by row group.
final class ParquetTexts {
  private ParquetTexts() {}

  static boolean read(SourceFile file, BadRecords bad, TextSink sink) {
    String path = file.path().toString();
    try (Connection duck = ParquetFile.connect()) {
      String column = requireText(file, ParquetFile.columns(duck, path));
      String query = "SELECT \"%s\" FROM read_parquet(?)".formatted(column.replace("\"", "\"\""));
      try (PreparedStatement statement = duck.prepareStatement(query)) {
        statement.setString(1, path);
        try (ResultSet rows = statement.executeQuery()) {
          return read(file, rows, bad, sink);
        }
      }
    } catch (SQLException e) {
      throw ParquetFile.unreadable(file.path(), e);
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
}
