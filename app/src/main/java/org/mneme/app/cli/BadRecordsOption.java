package org.mneme.app.cli;

import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import picocli.CommandLine.Option;

/// How many bad records may be left out.
final class BadRecordsOption {
  private static final String NAME = "--max-bad";

  @Option(
      names = NAME,
      paramLabel = "N",
      description = "Bad records that may be left out, or all (default: ${DEFAULT-VALUE}).")
  private String maxBad = "0";

  /// What was typed, as settings have it.
  BadRecordsConfig config() {
    if (maxBad.equals("all")) {
      return new BadRecordsConfig(BadRecordsConfig.Policy.SKIP, 0);
    }
    try {
      long limit = Long.parseLong(maxBad);
      CommandLines.atLeast(NAME, limit, 0);
      return limit == 0
          ? BadRecordsConfig.DEFAULT
          : new BadRecordsConfig(BadRecordsConfig.Policy.LIMIT, limit);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          NAME,
          NAME + ": '" + maxBad + "' is no number; give one, or all",
          e);
    }
  }
}
