package org.mneme.app.cli;

import java.nio.file.Path;
import org.mneme.checkpoint.AtomicFolder;
import picocli.CommandLine.Option;

/// The folder of a model that a command writes.
final class OutputFolder {
  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write.")
  private Path out = Path.of("");

  @Option(names = "--overwrite", description = "Replace the folder if there is one.")
  private boolean overwrite;

  /// The folder.
  Path path() {
    return out;
  }

  /// Whether it may hold something.
  boolean overwrite() {
    return overwrite;
  }

  /// Throws where it holds something that may not be lost: one of `inputs`, or anything unless that
  /// was allowed.
  void requireFree(Path... inputs) {
    for (Path input : inputs) {
      CommandLines.requireOther(out, input);
    }
    AtomicFolder.requireFree(out, overwrite);
  }
}
