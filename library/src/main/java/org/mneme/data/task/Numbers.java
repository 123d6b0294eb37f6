package org.mneme.data.task;

import java.util.OptionalDouble;

/// Numbers that files write as texts.
final class Numbers {
  private Numbers() {}

  /// The finite number that `text` is, if it is one.
  static OptionalDouble parse(String text) {
    try {
      double value = Double.parseDouble(text.strip());
      boolean plain = Double.isFinite(value) && !Character.isLetter(text.charAt(text.length() - 1));
      return plain ? OptionalDouble.of(value) : OptionalDouble.empty();
    } catch (NumberFormatException _) {
      return OptionalDouble.empty();
    }
  }

  static boolean isNumber(String text) {
    return parse(text).isPresent();
  }
}
