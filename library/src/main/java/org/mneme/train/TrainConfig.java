package org.mneme.train;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// How a run goes on from step to step and when it ends. How gradients become steps is in
/// [OptimizerConfig].
public record TrainConfig(
    @Described("When the run ends.") StopConfig stop,
    @Described("Batches whose gradients make one step, from 1 on.") int accumulate,
    @Described("Share of the target that goes to all words alike, in [0, 1); 0 for none.")
        double labelSmoothing,
    @Described("Whether blocks are computed again in the backward pass: less memory, more time.")
        boolean gradientCheckpointing,
    @Described("Ending a run that no longer gets better; absent: it goes on to its end.")
        @Nullable EarlyStopConfig earlyStop,
    @Described("When blocks are no longer left out as model.skipRetain says; absent: never.")
        @Nullable SecondPhaseConfig secondPhase,
    @Described("An average of the weights, evaluated and saved in their place; absent: none.")
        @Nullable AverageConfig average,
    @Described(
            "Globs over parameters that stay as they are; backbone is all but memories and"
                + " adapters.")
        List<String> freeze,
    @Described("Steps between evaluations on held-out text; 0 for none but the last.")
        long evaluateEvery,
    @Described("What to do when a loss or a gradient is not finite, or the loss explodes.")
        DivergenceConfig divergence,
    @Described("Drawing anew what memories hardly read.") RevivalConfig revival) {
  /// Nothing but the plain loop; a limit has to be chosen.
  public static final TrainConfig DEFAULT =
      new TrainConfig(
          StopConfig.DEFAULT,
          1,
          0,
          false,
          null,
          null,
          null,
          List.of(),
          0,
          DivergenceConfig.DEFAULT,
          RevivalConfig.DEFAULT);

  /// Checks ranges, and what one setting asks of another.
  public TrainConfig {
    freeze = List.copyOf(freeze);
    require(accumulate >= 1, "accumulate", accumulate + " must be above 0");
    require(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "labelSmoothing",
        labelSmoothing + " must be in [0, 1)");
    require(evaluateEvery >= 0, "evaluateEvery", evaluateEvery + " must be 0 or more");
    require(
        evaluateEvery > 0
            || (earlyStop == null
                && stop.target() == null
                && (secondPhase == null || secondPhase.plateau() == null)),
        "evaluateEvery",
        "0 asks for no evaluation, but earlyStop, stop.target or secondPhase.plateau needs them;"
            + " raise it");
  }

  private static void require(boolean holds, String key, String message) {
    if (!holds) {
      throw InvalidInputException.config("train." + key, message);
    }
  }

  /// The plain loop for so many steps.
  public static TrainConfig ofSteps(long steps) {
    return DEFAULT.with(train -> train.stop = StopConfig.afterSteps(steps));
  }

  /// Throws where a pattern in `freeze` matches none of `names`, as a misspelt one does, or nothing
  /// is left to train.
  void requireFits(Set<String> names) {
    freeze.forEach(pattern -> ParameterPattern.requireMatch("train.freeze", pattern, names));
    require(
        names.stream().anyMatch(this::trains),
        "freeze",
        String.join(", ", freeze) + " leaves nothing to train; freeze less, or add a memory first");
  }

  /// Whether the parameter of that name is trained.
  public boolean trains(String name) {
    return freeze.stream().noneMatch(pattern -> ParameterPattern.matches(pattern, name));
  }

  /// This with some settings changed; they are checked together when all changes are made.
  public TrainConfig with(Consumer<Draft> changes) {
    Draft draft = new Draft(this);
    changes.accept(draft);
    return draft.finish();
  }

  /// The settings while they are being chosen; see the record's components.
  public static final class Draft {
    /// When the run ends.
    public StopConfig stop;

    /// Batches to a step.
    public int accumulate;

    /// Share of the target for all words.
    public double labelSmoothing;

    /// Whether blocks are computed again.
    public boolean gradientCheckpointing;

    /// When to give up, null for never.
    public @Nullable EarlyStopConfig earlyStop;

    /// When all blocks run, null for never.
    public @Nullable SecondPhaseConfig secondPhase;

    /// The average, null for none.
    public @Nullable AverageConfig average;

    /// What stays.
    public List<String> freeze;

    /// Steps between evaluations.
    public long evaluateEvery;

    /// What to do about it.
    public DivergenceConfig divergence;

    /// What is drawn anew.
    public RevivalConfig revival;

    private Draft(TrainConfig config) {
      stop = config.stop;
      accumulate = config.accumulate;
      labelSmoothing = config.labelSmoothing;
      gradientCheckpointing = config.gradientCheckpointing;
      earlyStop = config.earlyStop;
      secondPhase = config.secondPhase;
      average = config.average;
      freeze = config.freeze;
      evaluateEvery = config.evaluateEvery;
      divergence = config.divergence;
      revival = config.revival;
    }

    private TrainConfig finish() {
      return new TrainConfig(
          stop,
          accumulate,
          labelSmoothing,
          gradientCheckpointing,
          earlyStop,
          secondPhase,
          average,
          freeze,
          evaluateEvery,
          divergence,
          revival);
    }
  }
}
