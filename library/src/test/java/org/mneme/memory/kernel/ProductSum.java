package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A sum of products in float64 that knows how far a float32 one may be off.
final class ProductSum {
  /// Of float32, half a unit in the last place.
  static final double ROUNDING = 0x1p-24;

  private double sum;
  private double size;
  private int terms;

  void add(double x, double y) {
    sum += x * y;
    size += Math.abs(x * y);
    terms++;
  }

  void assertIs(double actual) {
    assertEquals(sum, actual, (terms + 2) * ROUNDING * size);
  }
}
