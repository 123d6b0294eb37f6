package org.mneme.train;

import java.util.List;
import java.util.Set;
import org.mneme.InvalidInputException;

/// The settings of one training run.
///
/// @param steps steps to take, 0 for no limit
/// @param seconds seconds to train, 0 for no limit; the schedule then runs by time
/// @param learningRate of everything but values
/// @param valueLearningRate of the rows of value tables
/// @param weightDecay of matrices; norms, biases, half-keys, score scales and values have none
/// @param schedule of the learning rate
/// @param valueSchedule of the value learning rate
/// @param clipNorm largest gradient norm of everything but values, 0 for no clipping
/// @param valueClipNorm the same for values
/// @param optimizer the betas and eps of Adam, dense and row-sparse alike
/// @param frozen globs over parameter names that stay as they are; `backbone` stands for everything
///   but memories
/// @param seed of batches, masks and dropout
/// @param evaluateEvery steps between evaluations, 0 for none but the last
/// @param revival of what memories hardly read
public record TrainConfig(
    long steps,
    double seconds,
    double learningRate,
    double valueLearningRate,
    double weightDecay,
    Schedule schedule,
    Schedule valueSchedule,
    double clipNorm,
    double valueClipNorm,
    AdamW.Settings optimizer,
    List<String> frozen,
    long seed,
    long evaluateEvery,
    Revival revival) {

  /// Checks ranges.
  public TrainConfig {
    if (steps <= 0 && !(seconds > 0)) {
      throw InvalidInputException.config(
          "train.steps", steps + ": give steps or seconds above 0, so that the run ends");
    }
    requireRate("train.learningRate", learningRate);
    requireRate("train.valueLearningRate", valueLearningRate);
    if (!(weightDecay >= 0)) {
      throw InvalidInputException.config("train.weightDecay", weightDecay + " must be 0 or more");
    }
    frozen = List.copyOf(frozen);
  }

  /// Settings that revive nothing.
  public TrainConfig(
      long steps,
      double seconds,
      double learningRate,
      double valueLearningRate,
      double weightDecay,
      Schedule schedule,
      Schedule valueSchedule,
      double clipNorm,
      double valueClipNorm,
      AdamW.Settings optimizer,
      List<String> frozen,
      long seed,
      long evaluateEvery) {
    this(
        steps,
        seconds,
        learningRate,
        valueLearningRate,
        weightDecay,
        schedule,
        valueSchedule,
        clipNorm,
        valueClipNorm,
        optimizer,
        frozen,
        seed,
        evaluateEvery,
        Revival.NONE);
  }

  /// The same settings with another revival.
  public TrainConfig withRevival(Revival revival) {
    return new TrainConfig(
        steps,
        seconds,
        learningRate,
        valueLearningRate,
        weightDecay,
        schedule,
        valueSchedule,
        clipNorm,
        valueClipNorm,
        optimizer,
        frozen,
        seed,
        evaluateEvery,
        revival);
  }

  private static void requireRate(String key, double rate) {
    if (!(rate >= 0 && rate < 100)) {
      throw InvalidInputException.config(key, rate + " must be in [0, 100)");
    }
  }

  /// Throws where a pattern in `frozen` matches none of `names`, as a misspelt one does, or nothing
  /// is left to train.
  void requireFits(Set<String> names) {
    for (String pattern : frozen) {
      if (names.stream().noneMatch(name -> matches(pattern, name))) {
        throw InvalidInputException.config(
            "train.frozen",
            "\"%s\" matches no parameter; names are like %s"
                .formatted(pattern, names.stream().findFirst().orElse("(none)")));
      }
    }
    if (names.stream().noneMatch(this::trains)) {
      throw InvalidInputException.config(
          "train.frozen",
          String.join(", ", frozen)
              + " leaves nothing to train; freeze less, or add a memory first");
    }
  }

  /// Whether the parameter of that name is trained.
  public boolean trains(String name) {
    return frozen.stream().noneMatch(pattern -> matches(pattern, name));
  }

  private static boolean matches(String pattern, String name) {
    if (pattern.equals("backbone")) {
      return !name.contains(".memory.");
    }
    String[] parts = pattern.split("\\*", -1);
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < parts.length; i++) {
      regex.append(i == 0 ? "" : ".*").append(java.util.regex.Pattern.quote(parts[i]));
    }
    return name.matches(regex.toString());
  }

  /// How much of the run is done after the warm-up, in [0, 1].
  double progress(long step, double elapsed) {
    double bySteps =
        steps <= 0
            ? 0
            : (double) Math.max(0, step - schedule.warmupSteps())
                / Math.max(1, steps - schedule.warmupSteps());
    double byTime = seconds > 0 ? elapsed / seconds : 0;
    return Math.clamp(Math.max(bySteps, byTime), 0.0, 1.0);
  }

  /// Whether the run is over before `step` (counted from 0).
  boolean ends(long step, double elapsed) {
    return (steps > 0 && step >= steps) || (seconds > 0 && elapsed >= seconds);
  }
}
