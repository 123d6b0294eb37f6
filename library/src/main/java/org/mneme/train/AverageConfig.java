package org.mneme.train;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// An exponential average of the weights, evaluated and saved in place of the last ones.
///
/// Value tables are left out: an average of rows that are hardly read would double their size to
/// change nothing.
public record AverageConfig(
    @Described("Share of the average that stays in each step, in [0, 1).") double decay,
    @Described("Step after which the average begins, from the weights of then; 0 or more.")
        long fromStep) {
  /// 0.999 from the start.
  public static final AverageConfig DEFAULT = new AverageConfig(0.999, 0);

  /// Checks ranges.
  public AverageConfig {
    if (!(decay >= 0 && decay < 1)) {
      throw InvalidInputException.config("train.average.decay", decay + " must be in [0, 1)");
    }
    if (fromStep < 0) {
      throw InvalidInputException.config("train.average.fromStep", fromStep + " must be 0 or more");
    }
  }
}
