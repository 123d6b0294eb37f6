package org.mneme.train;

import java.util.OptionalLong;
import org.mneme.InvalidInputException;

/// How far a run has come on the way to its end.
///
/// @param steps most steps, 0 for any number; epochs count as steps
/// @param tokens most tokens, 0 for any number
/// @param seconds most seconds, 0 for any number
record Limits(long steps, long tokens, double seconds) {
  /// The limits of a run.
  ///
  /// @throws InvalidInputException of kind CONFIG where none is given, or epochs are given and
  ///   nobody can tell how long they are
  static Limits of(TrainConfig config, OptionalLong batchesPerEpoch) {
    StopConfig stop = config.stop();
    stop.requireLimit();
    long steps = stop.steps();
    if (stop.epochs() > 0) {
      long batches =
          batchesPerEpoch.orElseThrow(() ->
              InvalidInputException.config(
                  "train.stop.epochs", "the data has no end that is known; give steps or tokens"));
      long most = (long) Math.ceil(stop.epochs() * batches / config.accumulate());
      steps = steps == 0 ? Math.max(1, most) : Math.min(steps, Math.max(1, most));
    }
    return new Limits(steps, stop.tokens(), stop.minutes() * 60);
  }

  /// Where a run is.
  record Place(long steps, long tokens, double seconds) {}

  /// The share of the run after its first `warmupSteps` that is done, in [0, 1].
  double progress(Place at, long warmupSteps) {
    double bySteps =
        steps == 0
            ? 0
            : (double) Math.max(0, at.steps - warmupSteps) / Math.max(1, steps - warmupSteps);
    double byTokens = tokens == 0 ? 0 : (double) at.tokens / tokens;
    double byTime = seconds == 0 ? 0 : at.seconds / seconds;
    return Math.clamp(Math.max(bySteps, Math.max(byTokens, byTime)), 0.0, 1.0);
  }

  /// Whether the run is over.
  boolean areReached(Place at) {
    return (steps > 0 && at.steps >= steps)
        || (tokens > 0 && at.tokens >= tokens)
        || (seconds > 0 && at.seconds >= seconds);
  }
}
