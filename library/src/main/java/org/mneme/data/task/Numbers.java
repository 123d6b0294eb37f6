package org.mneme.data.task;

import java.util.OptionalDouble;

/// Numbers that files write as texts.
final class Numbers {
  private Numbers() {}

  /// The decimal number that `text` is, if it is one that float32 holds.
  static OptionalDouble parse(String text) {
    try {
      double value = Double.parseDouble(text.strip());
      boolean plain = Float.isFinite((float) value) && text.strip().matches("[-+.eE0-9]+");
      return plain ? OptionalDouble.of(value) : OptionalDouble.empty();
    } catch (NumberFormatException _) {
      return OptionalDouble.empty();
    }
  }

  static boolean isNumber(String text) {
    return parse(text).isPresent();
  }
}
