package org.mneme.train;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// Ending a run that no longer gets better on held-out text.
public record EarlyStopConfig(
    @Described("A metric of the held-out text, such as loss or accuracy.") String metric,
    @Described("Whether its least (min) or its greatest (max) value is best.") Mode mode,
    @Described("Evaluations in a row without a better value that end the run, from 1 on.")
        int patience,
    @Described("How much better than the best value before counts as better, 0 or more.")
        double minDelta) {
  /// Three evaluations without a lower loss.
  public static final EarlyStopConfig DEFAULT = new EarlyStopConfig("loss", Mode.MIN, 3, 0);

  /// Which end of a metric is good.
  public enum Mode {
    /// Less is better, as for losses.
    MIN,
    /// More is better, as for accuracies.
    MAX
  }

  /// Checks ranges.
  public EarlyStopConfig {
    if (metric.isBlank()) {
      throw InvalidInputException.config(
          "train.earlyStop.metric", "is blank; name a held-out metric, such as loss");
    }
    if (patience < 1) {
      throw InvalidInputException.config("train.earlyStop.patience", patience + " must be above 0");
    }
    if (!(minDelta >= 0 && Double.isFinite(minDelta))) {
      throw InvalidInputException.config(
          "train.earlyStop.minDelta", minDelta + " must be 0 or more");
    }
  }

  /// Whether `value` is better than the best before by more than `minDelta`.
  public boolean isBetter(double value, double best) {
    return switch (mode) {
      case MIN -> value < best - minDelta;
      case MAX -> value > best + minDelta;
    };
  }

  /// What everything is better than.
  double worst() {
    return switch (mode) {
      case MIN -> Double.POSITIVE_INFINITY;
      case MAX -> Double.NEGATIVE_INFINITY;
    };
  }
}
