package org.mneme.train;

import org.mneme.InvalidInputException;

/// What a learning rate is multiplied with as training goes on: a linear warm-up from zero, then a
/// decay to zero.
///
/// @param decay how the rate falls after the warm-up
/// @param warmupSteps steps over which it rises first, 0 for none
public record Schedule(Decay decay, long warmupSteps) {
  /// How a rate falls.
  public enum Decay {
    /// It stays.
    CONSTANT,
    /// In a straight line to zero.
    LINEAR,
    /// Along half a cosine to zero.
    COSINE
  }

  /// Neither warm-up nor decay.
  public static final Schedule CONSTANT = new Schedule(Decay.CONSTANT, 0);

  /// Checks that the warm-up is not negative.
  public Schedule {
    if (warmupSteps < 0) {
      throw InvalidInputException.config(
          "train.schedule.warmupSteps", warmupSteps + " must be 0 or more");
    }
  }

  /// The factor at `step` (counted from 0).
  ///
  /// @param progress the share of the run that is done after the warm-up, in [0, 1]: of its steps
  ///   or, where time ends it, of its time
  public double factor(long step, double progress) {
    double warm = warmupSteps == 0 ? 1 : Math.min(1.0, (double) step / warmupSteps);
    double done = Math.clamp(progress, 0.0, 1.0);
    return warm
        * switch (decay) {
          case CONSTANT -> 1;
          case LINEAR -> 1 - done;
          case COSINE -> 0.5 * (1 + Math.cos(Math.PI * done));
        };
  }
}
