package org.mneme.run.estimate;

import java.util.Optional;
import java.util.function.DoubleConsumer;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.Corpus;
import org.mneme.run.RunConfig;
import org.mneme.run.RunData;
import org.mneme.run.RunModel;
import org.mneme.run.RunTask;
import org.mneme.text.Tokenizer;
import org.mneme.train.ObjectiveConfig;
import org.mneme.train.StopConfig;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;
import org.mneme.train.TrainingEvents;

/// What a step of a run takes on this machine: measured, on the run's own model and first
/// documents.
///
/// @param seconds of a step
/// @param tokens that a step reads, padding left out
/// @param steps that were measured
public record StepTime(double seconds, double tokens, long steps) {
  private static final int FEWEST_STEPS = 2;

  /// Documents of a source that are looked at, if they do not turn out to be short.
  private static final long DOCUMENTS = 200;

  /// So many steps can be taken before documents come again.
  private static final long FRESH_STEPS = 40;

  private static final long NO_LIMIT = 1L << 40;

  /// Takes steps for some 22 s, and three at least; writes nothing but tokens into the cache.
  ///
  /// @param progress is told the share that is done
  public static StepTime measure(RunConfig config, DoubleConsumer progress) {
    return measure(config, Pace.USUAL, progress);
  }

  static StepTime measure(RunConfig config, Pace pace, DoubleConsumer progress) {
    try (Tokenizer tokenizer = Tokenizer.load(RunModel.tokenizer(config.model()));
        RunData data = sample(config, tokenizer);
        PretrainedModel model =
            RunModel.open(config.withOut(null), tokenizer, data, Optional.empty())) {
      RunTask task = RunTask.of(config, model, tokenizer, data);
      TrainConfig train =
          config
              .train()
              .with(plain -> {
                plain.stop = StopConfig.afterSteps(NO_LIMIT);
                plain.earlyStop = null;
                plain.evaluateEvery = 0;
              });
      var settings =
          new Trainer.Settings(train, config.optimizer(), config.seed(), config.precision());
      try (Trainer trainer = new Trainer(model.parameters(), task.objective(), settings)) {
        Watch watch = new Watch(pace, progress);
        var unused = trainer.run(watch);
        return watch.time();
      }
    }
  }

  /// The first documents, as many as some steps read; a corpus may be too large to be tokenised for
  /// an estimate.
  private static RunData sample(RunConfig config, Tokenizer tokenizer) {
    long most = config.data().maxTrainSamples() == 0 ? NO_LIMIT : config.data().maxTrainSamples();
    long batches = FRESH_STEPS * config.train().accumulate();
    return switch (config.objective()) {
      case ObjectiveConfig.Task task ->
          RunData.first(config, Math.min(most, batches * task.batch()), tokenizer);
      case ObjectiveConfig.Facts facts ->
          RunData.first(config, Math.min(most, batches * facts.batch()), tokenizer);
      case ObjectiveConfig.Masked _, ObjectiveConfig.Causal _ ->
          texts(config, most, batches * config.data().batches().tokensPerBatch(), tokenizer);
    };
  }

  private static RunData texts(RunConfig config, long most, long tokens, Tokenizer tokenizer) {
    long documents = Math.min(most, DOCUMENTS);
    RunData first = RunData.first(config, documents, tokenizer);
    if (!(first instanceof RunData.Texts(Corpus texts, _))
        || texts.tokens() >= tokens
        || documents == most
        || texts.documents() < documents) {
      return first;
    }
    double share = (double) tokens / Math.max(1, texts.tokens());
    first.close();
    return RunData.first(config, Math.min(most, (long) Math.ceil(documents * share)), tokenizer);
  }

  /// How long steps are taken, in seconds.
  ///
  /// @param warmUp until then the JVM compiles what steps need
  record Pace(double warmUp, double measured) {
    static final Pace USUAL = new Pace(12, 10);
  }

  /// Has the trainer stop when enough steps were taken.
  private static final class Watch implements TrainingEvents {
    private final Pace pace;
    private final DoubleConsumer progress;
    private Step begun = new Step(0, 0, 0, 0, 0, 0, 0, 0);
    private Step last = begun;

    Watch(Pace pace, DoubleConsumer progress) {
      this.pace = pace;
      this.progress = progress;
    }

    @Override
    public void stepped(Step step) {
      took(step);
    }

    @Override
    public void skipped(Step step, String problem) {
      took(step);
    }

    private void took(Step step) {
      last = step;
      if (begun.step() == 0 && step.seconds() >= pace.warmUp) {
        begun = step;
      }
      progress.accept(Math.min(1, step.seconds() / (pace.warmUp + pace.measured)));
    }

    @Override
    public boolean stopRequested() {
      return begun.step() > 0
          && last.step() - begun.step() >= FEWEST_STEPS
          && last.seconds() - begun.seconds() >= pace.measured;
    }

    StepTime time() {
      long steps = last.step() - begun.step();
      return new StepTime(
          (last.seconds() - begun.seconds()) / steps,
          (double) (last.tokens() - begun.tokens()) / steps,
          steps);
    }
  }
}
