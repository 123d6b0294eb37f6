package org.mneme.app.cli;

import java.util.List;
import picocli.CommandLine.Option;

/// What every benchmark can be told.
final class BenchOptions {
  @Option(names = "--json", description = "Print the results as JSON.")
  private boolean json;

  @Option(
      names = "--quick",
      description = "Small sizes and few rounds, to see that all of it runs.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description =
          "Timed rounds of each side (default: 15 of memory, 5 of vocabulary; fewer with --quick).")
  private int rounds;

  @Option(
      names = "--cases",
      paramLabel = "NAME",
      split = ",",
      description = "Only these, by their name in the results, such as read or minilm-30k.")
  private List<String> cases = List.of();

  /// Whether small sizes will do.
  boolean quick() {
    return quick;
  }

  /// What was asked for, else `full` or, of a quick one, `few`.
  int rounds(int full, int few) {
    if (rounds > 0) {
      return rounds;
    }
    return quick ? few : full;
  }

  /// Names of cases, none for all.
  List<String> cases() {
    return cases;
  }

  /// Prints `results` as asked for: as JSON, or as `text`.
  void print(Console console, Object results, String text) {
    if (json) {
      console.json(results);
    } else {
      console.result(text.stripTrailing());
    }
  }
}
