package org.mneme.app.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.app.run.Provenance;
import picocli.CommandLine.Model.CommandSpec;

/// The command line as the user typed it, for provenance.
final class CommandLines {
  private CommandLines() {}

  /// The whole line that led to the subcommand of `spec`.
  static String typed(@Nullable CommandSpec spec) {
    return Provenance.command(
        spec == null ? List.of() : spec.root().commandLine().getParseResult().originalArgs());
  }
}
