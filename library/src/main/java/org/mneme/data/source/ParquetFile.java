package org.mneme.data.source;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.duckdb.DuckDBDriver;
import org.mneme.InvalidInputException;

/// Parquet files through DuckDB, which reads row group by row group.
final class ParquetFile {
  private ParquetFile() {}

  /// One thread keeps the rows in order and leaves the processors to the tokenizer; extensions are
  /// never downloaded.
  static Connection connect() throws SQLException {
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
  static Map<String, String> columns(Connection duck, String path) throws SQLException {
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

  /// An error of kind DATA about a file that DuckDB cannot read.
  static InvalidInputException unreadable(Path file, SQLException e) {
    String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return SourceFile.unusable(file, "cannot be read as Parquet: " + reason, e);
  }
}
