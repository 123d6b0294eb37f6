package org.mneme.app.cli;

import java.util.ArrayList;
import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.SourceConfig.Format;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;
import org.mneme.data.task.TextColumns;
import picocli.CommandLine.Option;

/// The texts whose tokens are counted.
final class VocabularyData {
  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files, globs in quotes, or folders; each is a source of its own.")
  private List<String> data = List.of();

  @Option(
      names = "--column",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "Columns or keys with text; for pairs both, such as sentence1 sentence2 (default: the"
              + " usual names, of pairs both).")
  private List<String> columns = List.of();

  @Option(
      names = "--max-bad",
      paramLabel = "N",
      description = "Bad records that may be left out, or all (default: ${DEFAULT-VALUE}).")
  private String maxBad = "0";

  /// The sources as they were typed.
  List<String> sources() {
    return data;
  }

  /// A counter of what cannot be used.
  BadRecords badRecords() {
    return new BadRecords(badRecords(maxBad));
  }

  /// The files of a source: tables once for each column with text.
  List<SourceFile> files(String source) {
    SourceConfig config = SourceConfig.of(source);
    List<SourceFile> files = new ArrayList<>();
    for (SourceFile file : SourceFiles.of(List.of(config))) {
      if (file.format() == Format.TEXT) {
        files.add(file);
      } else {
        columns(file).forEach(column -> files.add(file.withColumn(column)));
      }
    }
    return files;
  }

  private List<String> columns(SourceFile table) {
    if (!columns.isEmpty()) {
      return columns;
    }
    List<String> usual = TextColumns.of(table);
    return usual.isEmpty() ? List.of(table.settings().column()) : usual;
  }

  /// What `--max-bad` means: a number, or `all`.
  static BadRecordsConfig badRecords(String maxBad) {
    if (maxBad.equals("all")) {
      return new BadRecordsConfig(BadRecordsConfig.Policy.SKIP, 0);
    }
    try {
      long limit = Long.parseLong(maxBad);
      return limit == 0
          ? BadRecordsConfig.DEFAULT
          : new BadRecordsConfig(BadRecordsConfig.Policy.LIMIT, limit);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          "--max-bad",
          "--max-bad: '" + maxBad + "' is no number; give one, or all",
          e);
    }
  }
}
