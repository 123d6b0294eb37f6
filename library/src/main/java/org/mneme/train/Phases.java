package org.mneme.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Tensors;

/// Which phase a training is in, see [SecondPhaseConfig].
final class Phases {
  private static final String STATE = "trainer.phases";

  private final @Nullable SecondPhaseConfig config;
  private final Plateau plateau;
  private boolean second;

  Phases(@Nullable SecondPhaseConfig config) {
    this.config = config;
    plateau = new Plateau("train.secondPhase.plateau", config == null ? null : config.plateau());
  }

  /// Takes note of an evaluation in the first phase.
  void add(Map<String, Double> metrics) {
    if (!second) {
      plateau.add(metrics);
    }
  }

  /// Whether the second phase begins now.
  ///
  /// @param steps taken
  boolean begins(long steps) {
    if (config == null || second) {
      return false;
    }
    second = (config.atStep() > 0 && steps >= config.atStep()) || plateau.isReached();
    return second;
  }

  /// Whether it is the first of two.
  boolean isFirst() {
    return config != null && !second;
  }

  /// Whether it is the second.
  boolean isSecond() {
    return second;
  }

  /// What decides the phase, in the open scope.
  Map<String, Tensor> state() {
    double[] saved = Tensors.doubles(plateau.state());
    return config == null && !second
        ? Map.of()
        : Map.of(STATE, Tensors.of(new double[] {saved[0], saved[1], second ? 1 : 0}, 3));
  }

  /// Goes on from what [#state()] gave; a run that had no phases begins with the first.
  void restore(Map<String, Tensor> state) {
    Tensor saved = state.get(STATE);
    if (saved != null) {
      double[] numbers = Tensors.doubles(saved);
      plateau.restore(numbers);
      second = numbers[2] != 0;
    }
  }
}
