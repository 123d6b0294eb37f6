package org.mneme.app.cli;

import org.mneme.config.Printer;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.SourceConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What data files are and how much of them may be bad, for the commands that read them.
final class FileOptions {
  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "Of the data: auto (by the name), text (CoNLL, SQuAD's JSON), jsonl, csv, tsv or parquet"
              + " (default: auto).")
  private SourceConfig.Format format = SourceConfig.Format.AUTO;

  @Mixin private BadRecordsOption badRecords = new BadRecordsOption();

  /// The file, glob or folder.
  SourceConfig source(String path) {
    return SourceConfig.of(path).withFormat(format);
  }

  /// The same as settings have it: a path, or a source with its keys.
  Object written(String path) {
    return format == SourceConfig.Format.AUTO ? path : Printer.tree(source(path));
  }

  /// How many bad records are allowed.
  BadRecordsConfig badRecords() {
    return badRecords.config();
  }
}
