package org.mneme.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Tensors;

/// What evaluations have to say about going on: whether the target is reached, and whether the run
/// still gets better.
final class Evaluations {
  private static final String STATE = "trainer.evaluations";
  private static final String METRIC = "trainer.metric.";

  private final StopConfig.@Nullable Target target;
  private final @Nullable EarlyStopConfig early;
  private double best; // NaN without early stopping
  private long without;
  private Map<String, Double> last = Map.of();
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
    last = metrics;
    if (target != null) {
      reached = target.isReached(metric(metrics, "train.stop.target.metric", target.metric()));
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

  /// The best value so far, evaluations since then, and what the last one gave, in the open scope.
  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(STATE, Tensors.of(new double[] {best, without}, 2));
    last.forEach((name, value) -> state.put(METRIC + name, Tensors.of(new double[] {value}, 1)));
    return state;
  }

  /// Goes on from what [#state()] gave. The target may be another than before: whether it is
  /// reached is decided anew.
  void restore(Map<String, Tensor> state) {
    double[] saved = Tensors.doubles(Trainer.required(state, STATE));
    best = saved[0];
    if (early != null && Double.isNaN(best)) { // it was not asked for before
      best = early.worst();
    }
    without = (long) saved[1];
    Map<String, Double> metrics = new LinkedHashMap<>();
    state.forEach((name, value) -> {
      if (name.startsWith(METRIC)) {
        metrics.put(name.substring(METRIC.length()), Tensors.doubles(value)[0]);
      }
    });
    last = metrics;
    reached = target != null && isReached(target, saved);
  }

  /// Earlier builds saved, as the third number, only whether the target of then was reached.
  private boolean isReached(StopConfig.Target wanted, double[] saved) {
    Double value = last.get(wanted.metric());
    return value == null ? saved.length > 2 && saved[2] != 0 : wanted.isReached(value);
  }
}
