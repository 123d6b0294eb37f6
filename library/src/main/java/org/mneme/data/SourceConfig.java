package org.mneme.data;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// One place that documents come from. In settings it may be written as its path alone.
public record SourceConfig(
    @Described(
            "A file, a glob such as texts/**/*.jsonl.gz, or a folder (the files of these formats"
                + " below it).")
        String path,
    @Described("auto tells by the name: .txt, .jsonl, .csv, .tsv, .parquet, also with .gz or .zst.")
        Format format,
    @Described("The column or key that holds the text; for all formats but text.") String column,
    @Described(
            "What a document of a text file is: line, blank-line (blank lines lie between), or file"
                + " (with its line ends).")
        Documents documents,
    @Described("How often an epoch takes each document: 1 once, 2 twice, 0.5 every other one.")
        double weight) {

  /// How a file is laid out.
  public enum Format {
    /// What the file's name or the folder's content says; text for other names.
    AUTO,
    /// Plain text.
    TEXT,
    /// A JSON object a line.
    JSONL,
    /// Fields between commas, quoted where needed, names in the first line.
    CSV,
    /// Fields between tabs, never quoted, names in the first line.
    TSV,
    /// Apache Parquet.
    PARQUET,
    /// A folder that `mneme prepare` wrote.
    SHARDS
  }

  /// Where a document of a text file ends.
  public enum Documents {
    /// At the end of its line.
    LINE,
    /// At a blank line.
    BLANK_LINE,
    /// At the end of the file: line ends and blank lines are text, CR LF as LF.
    FILE
  }

  /// Checks the settings.
  public SourceConfig {
    if (path.isBlank()) {
      throw InvalidInputException.config("data.path", "is empty; name a file, glob or folder");
    }
    if (column.isEmpty()) {
      throw InvalidInputException.config(
          "data.column", "is empty; name the column that holds the text");
    }
    if (!(weight > 0 && weight <= 1000)) {
      throw InvalidInputException.config(
          "data.weight", weight + " is not above 0 and up to 1000; leave a source out to skip it");
    }
  }

  /// The source at `path` with all else as usual.
  public static SourceConfig of(String path) {
    return new SourceConfig(path, Format.AUTO, "text", Documents.LINE, 1);
  }

  /// The same with another format.
  public SourceConfig withFormat(Format other) {
    return new SourceConfig(path, other, column, documents, weight);
  }

  /// The same with another column.
  public SourceConfig withColumn(String other) {
    return new SourceConfig(path, format, other, documents, weight);
  }

  /// The same with other ends of documents.
  public SourceConfig withDocuments(Documents other) {
    return new SourceConfig(path, format, column, other, weight);
  }

  /// The same with another weight.
  public SourceConfig withWeight(double other) {
    return new SourceConfig(path, format, column, documents, other);
  }
}
