package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

/// Shares that training drops, each from 0 to below 1.
///
/// @param input of the layer's input
/// @param query of the normalised queries
/// @param value of the output
public record Dropouts(double input, double query, double value) {
  /// Checks the shares.
  public Dropouts {
    checkShare("inputDropout", input);
    checkShare("queryDropout", query);
    checkShare("valueDropout", value);
  }

  /// Whether training drops anything.
  public boolean any() {
    return input > 0 || query > 0 || value > 0;
  }

  private static void checkShare(String key, double share) {
    check(
        share >= 0 && share < 1,
        key,
        "%s %s is outside 0 (inclusive) to 1 (exclusive); change memory.%s",
        key,
        share,
        key);
  }
}
