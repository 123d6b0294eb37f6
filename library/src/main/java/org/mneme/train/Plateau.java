package org.mneme.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Tensors;

/// Whether evaluations still get better.
final class Plateau {
  private final String key;
  private final @Nullable EarlyStopConfig config;
  private double best; // NaN where nobody asks
  private long without;

  /// @param key of the setting, such as `train.earlyStop`
  /// @param config null where nobody asks
  Plateau(String key, @Nullable EarlyStopConfig config) {
    this.key = key;
    this.config = config;
    best = config == null ? Double.NaN : config.worst();
  }

  /// Takes note of an evaluation.
  ///
  /// @throws InvalidInputException of kind CONFIG where the metric is missing
  void add(Map<String, Double> metrics) {
    if (config == null) {
      return;
    }
    double value = metric(metrics, key + ".metric", config.metric());
    boolean better = config.isBetter(value, best);
    best = better ? value : best;
    without = better ? 0 : without + 1;
  }

  static double metric(Map<String, Double> metrics, String key, String name) {
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

  /// Whether too many evaluations in a row were no better.
  boolean isReached() {
    return config != null && without >= config.patience();
  }

  /// Gives it time anew.
  void again() {
    without = 0;
  }

  /// The best value so far, and evaluations since then, in the open scope.
  Tensor state() {
    return Tensors.of(new double[] {best, without}, 2);
  }

  /// Goes on from what [#state()] gave.
  void restore(double[] saved) {
    best = saved[0];
    if (config != null && Double.isNaN(best)) { // it was not asked for before
      best = config.worst();
    }
    without = (long) saved[1];
  }
}
