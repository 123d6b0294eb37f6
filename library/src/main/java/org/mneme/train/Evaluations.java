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
  private final Plateau early;
  private Map<String, Double> last = Map.of();
  private boolean reached;

  Evaluations(TrainConfig config) {
    target = config.stop().target();
    early = new Plateau("train.earlyStop", config.earlyStop());
  }

  /// Takes note of an evaluation.
  ///
  /// @throws InvalidInputException of kind CONFIG where a metric is missing that a setting names
  void add(Map<String, Double> metrics) {
    last = metrics;
    if (target != null) {
      reached =
          target.isReached(Plateau.metric(metrics, "train.stop.target.metric", target.metric()));
    }
    early.add(metrics);
  }

  /// Whether a metric is good enough.
  boolean isTargetReached() {
    return reached;
  }

  /// Whether too many evaluations in a row were no better.
  boolean isOutOfPatience() {
    return early.isReached();
  }

  /// Gives the run time to get better anew.
  void again() {
    early.again();
  }

  /// The best value so far, evaluations since then, and what the last one gave, in the open scope.
  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(STATE, early.state());
    last.forEach((name, value) -> state.put(METRIC + name, Tensors.of(new double[] {value}, 1)));
    return state;
  }

  /// Goes on from what [#state()] gave. The target may be another than before: whether it is
  /// reached is decided anew.
  void restore(Map<String, Tensor> state) {
    double[] saved = Tensors.doubles(Tensors.required(state, STATE));
    early.restore(saved);
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
