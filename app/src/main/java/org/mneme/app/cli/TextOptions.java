package org.mneme.app.cli;

import java.util.List;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Texts that a command reads once through.
final class TextOptions {
  @Parameters(
      arity = "1..*",
      paramLabel = "IN",
      description = "Files, globs in quotes, or folders.")
  private List<String> inputs = List.of();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "auto (by the names), text, jsonl, csv, tsv or parquet (default: auto).")
  private SourceConfig.Format format = SourceConfig.Format.AUTO;

  @Option(
      names = "--column",
      paramLabel = "NAME",
      description = "Column or key with the text (default: ${DEFAULT-VALUE}).")
  private String column = "text";

  @Option(
      names = "--documents",
      paramLabel = "END",
      description =
          "Where a document of a text file ends: line, blank-line or file (default: line).")
  private SourceConfig.Documents documents = SourceConfig.Documents.LINE;

  @Mixin private BadRecordsOption badRecords = new BadRecordsOption();

  /// What was typed.
  List<String> inputs() {
    return inputs;
  }

  /// The files that are meant.
  List<SourceFile> files() {
    return SourceFiles.of(inputs.stream().map(this::source).toList());
  }

  /// What may be wrong with them.
  BadRecordsConfig badRecordsConfig() {
    return badRecords.config();
  }

  /// A counter of what cannot be used.
  BadRecords badRecords() {
    return new BadRecords(badRecordsConfig());
  }

  private SourceConfig source(String path) {
    return SourceConfig.of(path).withFormat(format).withColumn(column).withDocuments(documents);
  }
}
