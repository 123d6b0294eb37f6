package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mneme.tensor.Precision;

/// What the command line of `run training`, `run inference`, `run embed`, `run recurrent` and `run
/// generation` asks for.
///
/// @param quick whether it only has to be seen that it runs: few, small rounds
/// @param values of the other options by their names without dashes
record ModelOptions(boolean json, boolean quick, Map<String, String> values) {
  private static final Set<String> NAMES =
      Set.of(
          "model",
          "texts",
          "precisions",
          "modes",
          "shapes",
          "batch",
          "time",
          "batches",
          "dropout",
          "lines",
          "batch-sizes",
          "rounds",
          "warm-up",
          "threads");

  static ModelOptions parse(List<String> arguments) {
    boolean json = false;
    boolean quick = false;
    var values = new HashMap<String, String>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--json")) {
        json = true;
      } else if (argument.equals("--quick")) {
        quick = true;
      } else if (argument.startsWith("--")
          && NAMES.contains(argument.substring(2))
          && i + 1 < arguments.size()) {
        values.put(argument.substring(2), arguments.get(++i));
      } else {
        throw new IllegalArgumentException(
            argument
                + " is no option, or has no value; there are --json, --quick and --"
                + String.join(", --", NAMES.stream().sorted().toList()));
      }
    }
    return new ModelOptions(json, quick, Map.copyOf(values));
  }

  /// Model and texts, as they are given or not.
  Materials materials(Path folder) {
    return new Materials(path("model"), path("texts"), folder);
  }

  private Optional<Path> path(String name) {
    return Optional.ofNullable(values.get(name)).map(file -> Path.of(file).toAbsolutePath());
  }

  /// A number: given, else one of two.
  int number(String name, int usual, int quickly) {
    String given = values.get(name);
    return given == null ? (quick ? quickly : usual) : Integer.parseInt(given);
  }

  /// A share: given, else 0.
  double share(String name) {
    return Double.parseDouble(values.getOrDefault(name, "0"));
  }

  /// Words: given, else one of two lists.
  List<String> words(String name, List<String> usual, List<String> quickly) {
    String given = values.get(name);
    return given == null
        ? (quick ? quickly : usual)
        : Arrays.stream(given.split(",")).filter(word -> !word.isBlank()).toList();
  }

  int threads() {
    return number("threads", 2, 2);
  }

  /// Ways to compute of ours.
  List<String> precisions() {
    List<String> chosen = words("precisions", OurModes.ALL, OurModes.ALL);
    return chosen.stream().map(OurModes::precision).map(Precision::label).toList();
  }
}
