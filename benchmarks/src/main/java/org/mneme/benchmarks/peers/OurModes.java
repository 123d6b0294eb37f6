package org.mneme.benchmarks.peers;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.mneme.tensor.Precision;

/// The ways in which ours can compute, as `--precision` calls them.
final class OurModes {
  static final List<String> ALL = Stream.of(Precision.values()).map(Precision::label).toList();

  private OurModes() {}

  static Precision precision(String mode) {
    if (!ALL.contains(mode)) {
      throw new IllegalArgumentException(mode + " is no precision of ours; there are " + ALL);
    }
    return Precision.valueOf(mode.toUpperCase(Locale.ROOT));
  }

  /// How commands are told.
  static List<String> option(String mode) {
    return List.of("--precision", mode);
  }
}
