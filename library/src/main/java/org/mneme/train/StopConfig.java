package org.mneme.train;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// When a run ends: at the first of the limits that are given, or once a metric is good enough.
///
/// Rates that fall do so over the run, as far as its limits tell how much of it is done.
public record StopConfig(
    @Described("Steps to take; 0 for no limit.") long steps,
    @Described("Times to go through the training data; 0 for no limit.") double epochs,
    @Described("Real tokens to read, padding left out; 0 for no limit.") long tokens,
    @Described("Minutes to train, evaluations left out; 0 for no limit.") double minutes,
    @Described("A value of a held-out metric that ends the run; absent: none does.")
        @Nullable Target target) {
  /// No limit: what runs needs at least one.
  public static final StopConfig DEFAULT = new StopConfig(0, 0, 0, 0, null);

  /// What is good enough.
  public record Target(
      @Described("A metric of the held-out text, such as loss or accuracy.") String metric,
      @Described("The run ends when the metric is below this; absent: not by falling.")
          @Nullable Double below,
      @Described("The run ends when the metric is above this; absent: not by rising.")
          @Nullable Double above) {
    /// Checks that there is a metric and a bound.
    public Target {
      if (metric.isBlank()) {
        throw InvalidInputException.config(
            "train.stop.target.metric", "is blank; name a held-out metric, such as loss");
      }
      if (below == null && above == null) {
        throw InvalidInputException.config(
            "train.stop.target", "has no bound; give below or above, such as below: 2.5");
      }
    }

    /// Whether `value` is good enough.
    public boolean isReached(double value) {
      return (below != null && value < below) || (above != null && value > above);
    }
  }

  /// Checks ranges.
  public StopConfig {
    require(steps >= 0, "steps", steps);
    require(epochs >= 0 && Double.isFinite(epochs), "epochs", epochs);
    require(tokens >= 0, "tokens", tokens);
    require(minutes >= 0 && Double.isFinite(minutes), "minutes", minutes);
  }

  private static void require(boolean holds, String key, Object value) {
    if (!holds) {
      throw InvalidInputException.config("train.stop." + key, value + " must be 0 or more");
    }
  }

  /// After so many steps.
  public static StopConfig afterSteps(long steps) {
    return new StopConfig(steps, 0, 0, 0, null);
  }

  /// After so many seconds of training.
  public static StopConfig afterSeconds(double seconds) {
    return new StopConfig(0, 0, 0, seconds / 60, null);
  }

  /// This with a target, or without one.
  public StopConfig withTarget(@Nullable Target target) {
    return new StopConfig(steps, epochs, tokens, minutes, target);
  }

  /// Throws where a run would never end.
  public void requireLimit() {
    if (steps == 0 && epochs == 0 && tokens == 0 && minutes == 0) {
      throw InvalidInputException.config(
          "train.stop",
          "no limit is given, the run would not end; give steps, epochs, tokens or minutes");
    }
  }
}
