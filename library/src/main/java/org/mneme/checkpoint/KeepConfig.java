package org.mneme.checkpoint;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// When a training run saves checkpoints, and which of them stay.
///
/// A run also saves at its end, when it is stopped, and never twice at one step. What is saved does
/// not depend on when: two runs that differ here alone have the same bits.
public record KeepConfig(
    @Described("Steps between checkpoints; 0 to save by time alone.") long everySteps,
    @Described("Minutes between checkpoints, at most; 0 to save by steps alone.")
        double everyMinutes,
    @Described("How many of the latest checkpoints stay, from 1 on.") int keepLast,
    @Described("Also keep the checkpoint that is best by a held-out metric; absent: by age alone.")
        @Nullable Best keepBest) {

  /// What makes a checkpoint the best one.
  public record Best(
      @Described("A metric of the held-out text, such as loss or accuracy.") String metric,
      @Described("Whether its least (min) or its greatest (max) value is best.") Mode mode) {
    public Best {
      if (metric.isBlank()) {
        throw InvalidInputException.config(
            "checkpoint.keepBest.metric", "is blank; name a held-out metric, such as loss");
      }
    }

    /// Whether `value` is better than `other`; nothing that is not a number is.
    public boolean isBetter(double value, double other) {
      return switch (mode) {
        case MIN -> value < other;
        case MAX -> value > other;
      };
    }
  }

  /// Which end of a metric is good.
  public enum Mode {
    /// Less is better, as for losses.
    MIN,
    /// More is better, as for accuracies.
    MAX
  }

  /// Every 1,000 steps and every 15 minutes, the latest two stay.
  public static final KeepConfig DEFAULT = new KeepConfig(1000, 15, 2, null);

  public KeepConfig {
    if (everySteps < 0) {
      throw InvalidInputException.config(
          "checkpoint.everySteps", everySteps + " is negative; give a number of steps, or 0");
    }
    if (!(everyMinutes >= 0) || Double.isInfinite(everyMinutes)) {
      throw InvalidInputException.config(
          "checkpoint.everyMinutes",
          everyMinutes + " is no length of time; give minutes from 0 on");
    }
    if (keepLast < 1) {
      throw InvalidInputException.config(
          "checkpoint.keepLast", keepLast + " would keep no checkpoint; give 1 or more");
    }
  }

  /// Most checkpoints that stay.
  public int kept() {
    return keepLast + (keepBest == null ? 0 : 1);
  }

  /// Whether one is due after `steps` steps, the last having been saved `minutes` ago.
  public boolean isDue(long steps, double minutes) {
    return (everySteps > 0 && steps % everySteps == 0)
        || (everyMinutes > 0 && minutes >= everyMinutes);
  }
}
