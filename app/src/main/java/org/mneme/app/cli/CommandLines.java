package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.Provenance;
import picocli.CommandLine.Model.CommandSpec;

/// The command line as the user typed it.
final class CommandLines {
  private CommandLines() {}

  /// Throws where an option whose name holds one of `parts` was given to the subcommand of `spec`.
  ///
  /// @param why it means nothing there
  static void refuse(@Nullable CommandSpec spec, List<String> parts, String why) {
    if (spec != null) {
      spec.commandLine().getParseResult().matchedOptions().stream()
          .map(option -> option.longestName())
          .filter(name -> parts.stream().anyMatch(name::contains))
          .findFirst()
          .ifPresent(name -> {
            throw InvalidInputException.config(name, why + "; leave it out");
          });
    }
  }

  /// Throws where `value` of the option `name` is below `least`.
  static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw InvalidInputException.config(name, "%d must be at least %d".formatted(value, least));
    }
  }

  /// Throws where `--out` is what is read.
  static void requireOther(Path out, Path input) {
    try {
      if (Files.exists(out) && Files.exists(input) && Files.isSameFile(out, input)) {
        throw InvalidInputException.config(
            "--out", out + " is what is read, and would be replaced; name another");
      }
    } catch (IOException e) {
      throw InvalidInputException.config("--out", out + " cannot be read (" + e + ")");
    }
  }

  /// The whole line that led to the subcommand of `spec`.
  static String typed(@Nullable CommandSpec spec) {
    return Provenance.command(
        spec == null ? List.of() : spec.root().commandLine().getParseResult().originalArgs());
  }
}
