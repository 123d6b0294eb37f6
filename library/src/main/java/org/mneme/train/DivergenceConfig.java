package org.mneme.train;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// What to do when a loss or a gradient is not finite, or the loss explodes.
public record DivergenceConfig(
    @Described("Whether such a step ends the run (stop) or is left out and counted (skip).")
        Policy policy,
    @Described(
            "A loss above so many times its running median (or 1 nat, if that is more) has"
                + " exploded; 0 to look for none.")
        double explosion,
    @Described("Steps whose losses the median is of, from 1 on; none explodes before they are had.")
        int window,
    @Described("Skipped steps in a row that end the run after all, from 1 on.") int skips) {
  /// The run stops at what is not finite, or at 10 times the median of 50 losses.
  public static final DivergenceConfig DEFAULT = new DivergenceConfig(Policy.STOP, 10, 50, 10);

  /// What to do.
  public enum Policy {
    /// End the run.
    STOP,
    /// Leave the step out: nothing is updated.
    SKIP
  }

  /// Checks ranges.
  public DivergenceConfig {
    if (!(explosion == 0 || (explosion > 1 && Double.isFinite(explosion)))) {
      throw InvalidInputException.config(
          "train.divergence.explosion", explosion + " must be above 1, or 0 for none");
    }
    if (window < 1) {
      throw InvalidInputException.config("train.divergence.window", window + " must be above 0");
    }
    if (skips < 1) {
      throw InvalidInputException.config("train.divergence.skips", skips + " must be above 0");
    }
  }
}
