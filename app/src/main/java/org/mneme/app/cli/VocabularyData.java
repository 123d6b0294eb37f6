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
          "Columns or keys with text (default: text); for pairs both, such as sentence1 sentence2.")
  private List<String> columns = List.of("text");

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

  /// The files of a source: those with columns once for each column that is wanted.
  List<SourceFile> files(String source) {
    List<SourceFile> files = new ArrayList<>();
    for (String column : columns) {
      boolean first = column.equals(columns.getFirst());
      SourceFiles.of(List.of(SourceConfig.of(source).withColumn(column))).stream()
          .filter(file -> first || file.format() != Format.TEXT)
          .forEach(files::add);
    }
    return files;
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
