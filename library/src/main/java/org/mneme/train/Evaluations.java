package org.mneme.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Tensors;

/// What evaluations have to say about going on: whether the target is reached, and whether the run
/// still gets better.
final class Evaluations {
  private static final String STATE = "trainer.evaluations";

  private final StopConfig.@Nullable Target target;
  private final @Nullable EarlyStopConfig early;
  private double best; // NaN without early stopping
  private long without;
  private boolean reached;

  Evaluations(TrainConfig config) {
    target = config.stop().target();
    early = config.earlyStop();
    best = early == null ? Double.NaN : early.worst();
  }

  /// Takes note of an evaluation.
  ///
  /// @throws InvalidInputException of kind CONFIG where a metric is missing that a setting names
  void add(Map<String, Double> metrics) {
    if (target != null) {
      reached |= target.isReached(metric(metrics, "train.stop.target.metric", target.metric()));
    }
    if (early != null) {
      double value = metric(metrics, "train.earlyStop.metric", early.metric());
      boolean better = early.isBetter(value, best);
      best = better ? value : best;
      without = better ? 0 : without + 1;
    }
  }

  private static double metric(Map<String, Double> metrics, String key, String name) {
    Double value = metrics.get(name);
    if (value == null) {
      throw InvalidInputException.config(
          key,
          metrics.isEmpty()
              ? "nothing is evaluated; give held-out text in data.dev"
              : "\"%s\" is not evaluated; take one of %s"
                  .formatted(name, String.join(", ", metrics.keySet())));
    }
    return value;
  }

  /// Whether a metric is good enough.
  boolean isTargetReached() {
    return reached;
  }

  /// Whether too many evaluations in a row were no better.
  boolean isOutOfPatience() {
    return early != null && without >= early.patience();
  }

  /// The best value so far, evaluations since then, and whether the target was reached, in the open
  /// scope.
  Map<String, Tensor> state() {
    return Map.of(STATE, Tensors.of(new double[] {best, without, reached ? 1 : 0}, 3));
  }

  /// Goes on from what [#state()] gave.
  void restore(Map<String, Tensor> state) {
    double[] saved = Tensors.doubles(Trainer.required(state, STATE));
    best = saved[0];
    if (early != null && Double.isNaN(best)) { // it was not asked for before
      best = early.worst();
    }
    without = (long) saved[1];
    reached = saved[2] != 0;
  }
}
