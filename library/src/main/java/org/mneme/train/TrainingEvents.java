package org.mneme.train;

import java.util.Map;

/// Watches a training run: all methods are called on the training thread, between steps.
public interface TrainingEvents {
  /// What is known after a step.
  ///
  /// @param step counted from 1
  /// @param loss mean over the step's targets
  /// @param learningRate of everything but values, in effect in this step
  /// @param gradientNorm before clipping, of everything but values
  /// @param valueGradientNorm before clipping, of the value tables; NaN where they are not clipped
  /// @param tokens real tokens read since the run began
  /// @param seconds of training since the run began, evaluations left out
  /// @param progress share of the run that is done, in [0, 1]
  record Step(
      long step,
      double loss,
      double learningRate,
      double gradientNorm,
      double valueGradientNorm,
      long tokens,
      double seconds,
      double progress) {
    /// Real tokens per second of training.
    public double tokensPerSecond() {
      return seconds > 0 ? tokens / seconds : 0;
    }

    /// Seconds of training that are left, as far as one can tell.
    public double secondsLeft() {
      return progress > 0 ? seconds / progress - seconds : Double.NaN;
    }
  }

  /// After every step that was taken.
  default void stepped(Step step) {}

  /// After a step that was left out, see [DivergenceConfig]; nothing has changed but the counts.
  ///
  /// @param step with the loss that was wrong
  /// @param problem what was
  default void skipped(Step step, String problem) {}

  /// After everything that belongs to a step, its evaluation included: the moment to save. What is
  /// saved earlier lacks the evaluation.
  default void settled(Step step) {}

  /// Asked for an evaluation at this step; what is returned goes nowhere but to [#evaluated].
  default Map<String, Double> evaluate(long step) {
    return Map.of();
  }

  /// After an evaluation.
  default void evaluated(Step step, Map<String, Double> metrics) {}

  /// After parts of memories were re-drawn, see [RevivalConfig].
  ///
  /// @param parts how many, by the name of the parameter they belong to
  default void revived(Step step, Map<String, Integer> parts) {}

  /// Before the first step in which no block is left out any more, see [SecondPhaseConfig].
  ///
  /// @param steps taken until then
  default void secondPhase(long steps) {}

  /// Whether to stop before the next step.
  default boolean stopRequested() {
    return false;
  }
}
