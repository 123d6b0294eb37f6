package org.mneme.train;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// Parameters with settings of their own. A parameter belongs to the first group that matches it.
public record GroupConfig(
    @Described(
            "Glob over parameter names, such as *.memory.*; backbone is all but memories and"
                + " adapters.")
        String match,
    @Described("What the learning rate is multiplied with, 0 or more.") double rateFactor,
    @Described("Weight decay in place of the usual one; absent: the usual one.")
        @Nullable Double weightDecay,
    @Described(
            "Largest gradient norm of the group by itself, 0 for no clipping; absent: clipped with"
                + " the rest.")
        @Nullable Double clipNorm) {
  /// Everything, with nothing changed.
  public static final GroupConfig DEFAULT = new GroupConfig("*", 1, null, null);

  /// Checks ranges.
  public GroupConfig {
    if (match.isBlank()) {
      throw InvalidInputException.config(
          "optimizer.groups.match", "is blank; give a glob over parameter names");
    }
    requireNotNegative("rateFactor", rateFactor);
    requireNotNegative("weightDecay", weightDecay == null ? 0 : weightDecay);
    requireNotNegative("clipNorm", clipNorm == null ? 0 : clipNorm);
  }

  private static void requireNotNegative(String key, double value) {
    if (!(value >= 0 && Double.isFinite(value))) {
      throw InvalidInputException.config("optimizer.groups." + key, value + " must be 0 or more");
    }
  }
}
