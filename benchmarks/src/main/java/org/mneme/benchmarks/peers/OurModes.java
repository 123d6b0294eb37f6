package org.mneme.benchmarks.peers;

import java.util.List;

/// The ways in which ours can compute, as `--precision` calls them.
final class OurModes {
  static final List<String> ALL = List.of("float32");

  private OurModes() {}

  static void requireKnown(String mode) {
    if (!ALL.contains(mode)) {
      throw new IllegalArgumentException(mode + " is no precision of ours; there are " + ALL);
    }
  }

  /// How commands are told.
  static List<String> option(String mode) {
    return mode.equals("float32") ? List.of() : List.of("--precision", mode);
  }
}
