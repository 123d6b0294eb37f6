package org.mneme.report;

/// What a number counts, and so how it is written.
public enum Unit {
  /// Losses, divergences, coefficients.
  PLAIN("", 1),
  /// Whole things: steps, slots, rows.
  COUNT("", 1),
  /// Counts too large to read digit by digit: parameters, tokens.
  LARGE("", 1),
  /// Given as a fraction of 1, written in hundredths.
  PERCENT("%", 100),
  MILLISECONDS("ms", 1),
  SECONDS("s", 1),
  PER_SECOND("/s", 1),
  BYTES("B", 1);

  private final String symbol;
  private final double factor;

  Unit(String symbol, double factor) {
    this.symbol = symbol;
    this.factor = factor;
  }

  /// The sign written after the number or in the heading; empty for bare numbers.
  String symbol() {
    return symbol;
  }

  /// What to multiply a number by before writing it.
  double factor() {
    return factor;
  }

  /// Whether numbers take the prefixes k, M, G.
  boolean prefixed() {
    return this == LARGE || this == BYTES;
  }
}
