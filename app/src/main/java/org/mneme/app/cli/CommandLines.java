package org.mneme.app.cli;

import org.jspecify.annotations.Nullable;
import org.mneme.app.run.Provenance;
import picocli.CommandLine.Model.CommandSpec;

/// The command line as the user typed it, for provenance.
final class CommandLines {
  private CommandLines() {}

  /// The subcommand of `spec` with its arguments.
  static String typed(@Nullable CommandSpec spec) {
    if (spec == null) {
      return "./mneme";
    }
    var parsed = spec.commandLine().getParseResult();
    return Provenance.command(
        spec.name(), parsed.originalArgs().stream().filter(a -> !a.equals(spec.name())).toList());
  }
}
