package org.mneme.train;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// How gradients become steps: AdamW for everything but the values of memories, Adam for the rows
/// of those that were read, each with a rate, a schedule and a clipping norm of its own.
///
/// Only matrices decay: norms, biases, half-keys, score scales and values do not, unless a group
/// says so.
public record OptimizerConfig(
    @Described("Learning rate of everything but values, in [0, 100).") double learningRate,
    @Described("Learning rate of the rows of value tables, in [0, 100).") double valueLearningRate,
    @Described("Decoupled weight decay of matrices, 0 or more.") double weightDecay,
    @Described("How much of the mean gradient and the mean squared gradient a step keeps.")
        List<Double> betas,
    @Described("What is added to the root of the mean squared gradient, above 0.") double eps,
    @Described("Largest gradient norm of everything but values; 0 for no clipping.")
        double clipNorm,
    @Described("Largest gradient norm of each value table; 0 for no clipping.")
        double valueClipNorm,
    @Described(
            "What the rate is multiplied with for each layer below the last, in (0, 1]; 1 for one"
                + " rate.")
        double layerDecay,
    @Described("How the learning rate goes.") Schedule schedule,
    @Described("How the learning rate of values goes; absent: as the other.")
        @Nullable Schedule valueSchedule,
    @Described("Parameters with settings of their own; the first that matches counts.")
        List<GroupConfig> groups) {
  /// Rates for learning with a fresh memory, a linear schedule with 20 steps of warm-up.
  public static final OptimizerConfig DEFAULT =
      new OptimizerConfig(
          5e-4,
          5e-2,
          0.01,
          List.of(0.9, 0.98),
          1e-8,
          1,
          0,
          1,
          new Schedule.Linear(20),
          null,
          List.of());

  /// Checks ranges.
  public OptimizerConfig {
    betas = List.copyOf(betas);
    groups = List.copyOf(groups);
    require(isRate(learningRate), "learningRate", learningRate, "must be in [0, 100)");
    require(
        isRate(valueLearningRate), "valueLearningRate", valueLearningRate, "must be in [0, 100)");
    require(weightDecay >= 0, "weightDecay", weightDecay, "must be 0 or more");
    require(
        betas.size() == 2 && betas.stream().allMatch(beta -> beta >= 0 && beta < 1),
        "betas",
        betas,
        "must be two numbers in [0, 1)");
    require(eps > 0 && Double.isFinite(eps), "eps", eps, "must be above 0");
    require(clipNorm >= 0, "clipNorm", clipNorm, "must be 0 or more");
    require(valueClipNorm >= 0, "valueClipNorm", valueClipNorm, "must be 0 or more");
    require(layerDecay > 0 && layerDecay <= 1, "layerDecay", layerDecay, "must be in (0, 1]");
  }

  private static boolean isRate(double rate) {
    return rate >= 0 && rate < 100;
  }

  private static void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw InvalidInputException.config("optimizer." + key, value + " " + rule);
    }
  }

  /// The schedule of values: their own, or the common one.
  public Schedule scheduleOfValues() {
    return valueSchedule == null ? schedule : valueSchedule;
  }

  /// The betas and eps of Adam, dense and row-sparse alike.
  AdamW.Settings adam() {
    return new AdamW.Settings(betas.get(0), betas.get(1), eps);
  }

  /// Throws where a group matches none of `names`.
  void requireFits(Set<String> names) {
    groups.forEach(
        group -> ParameterPattern.requireMatch("optimizer.groups.match", group.match(), names));
  }

  /// This with some settings changed; they are checked together when all changes are made.
  public OptimizerConfig with(Consumer<Draft> changes) {
    Draft draft = new Draft(this);
    changes.accept(draft);
    return draft.finish();
  }

  /// The settings while they are being chosen; see the record's components.
  public static final class Draft {
    /// Of everything but values.
    public double learningRate;

    /// Of the rows of value tables.
    public double valueLearningRate;

    /// Of matrices.
    public double weightDecay;

    /// Two numbers.
    public List<Double> betas;

    /// Added to the root.
    public double eps;

    /// Of everything but values.
    public double clipNorm;

    /// Of each value table.
    public double valueClipNorm;

    /// For each layer below the last.
    public double layerDecay;

    /// Of everything but values.
    public Schedule schedule;

    /// Of values, null for the other.
    public @Nullable Schedule valueSchedule;

    /// Parameters with settings of their own.
    public List<GroupConfig> groups;

    private Draft(OptimizerConfig config) {
      learningRate = config.learningRate;
      valueLearningRate = config.valueLearningRate;
      weightDecay = config.weightDecay;
      betas = config.betas;
      eps = config.eps;
      clipNorm = config.clipNorm;
      valueClipNorm = config.valueClipNorm;
      layerDecay = config.layerDecay;
      schedule = config.schedule;
      valueSchedule = config.valueSchedule;
      groups = config.groups;
    }

    private OptimizerConfig finish() {
      return new OptimizerConfig(
          learningRate,
          valueLearningRate,
          weightDecay,
          betas,
          eps,
          clipNorm,
          valueClipNorm,
          layerDecay,
          schedule,
          valueSchedule,
          groups);
    }
  }
}
