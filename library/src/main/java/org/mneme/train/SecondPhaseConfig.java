package org.mneme.train;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// When a training that leaves blocks out goes over to running all of them (Vishnu & Sekhar 2023):
/// same weights, same optimiser, same schedule. By hand: stop the run, and go on with another
/// `atStep`.
public record SecondPhaseConfig(
    @Described(value = "Steps after which it begins; 0 for when the plateau says.", usual = "0")
        long atStep,
    @Described("It begins when the first phase no longer gets better; absent: at the step.")
        @Nullable EarlyStopConfig plateau) {
  /// Checks that there is a beginning.
  public SecondPhaseConfig {
    if (atStep < 0) {
      throw InvalidInputException.config("train.secondPhase.atStep", atStep + " must be 0 or more");
    }
    if (atStep == 0 && plateau == null) {
      throw InvalidInputException.config(
          "train.secondPhase", "never begins; give atStep, plateau, or both");
    }
  }
}
