package org.mneme.app.cli;

import org.mneme.InvalidInputException;
import org.mneme.data.task.ColumnsConfig;
import picocli.CommandLine.Option;

/// How CoNLL files are laid out, for the commands that read them.
final class ConllOptions {
  @Option(
      names = "--conll-gap",
      paramLabel = "GAP",
      description = "Between the columns of CoNLL files: tab, or blanks (default: tab).")
  private ColumnsConfig.Gap gap = ColumnsConfig.DEFAULT.gap();

  @Option(
      names = "--conll-comments",
      description = "Lines of CoNLL files that begin with # are comments.")
  private boolean comments;

  /// Throws where something was told of CoNLL files, and none is read.
  void requireUntold() {
    if (gap != ColumnsConfig.DEFAULT.gap() || comments) {
      throw InvalidInputException.config(
          comments ? "--conll-comments" : "--conll-gap",
          "CoNLL files are read with --task tokens alone; add it, or leave this out");
    }
  }

  /// What is between columns.
  ColumnsConfig.Gap gap() {
    return gap;
  }

  /// Whether there are comments.
  boolean comments() {
    return comments;
  }
}
