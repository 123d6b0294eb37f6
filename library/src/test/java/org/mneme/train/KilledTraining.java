package org.mneme.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;
import org.mneme.checkpoint.DiskNeed;
import org.mneme.checkpoint.KeepConfig;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.StatePart;
import org.mneme.run.CheckpointSaver;
import org.mneme.run.MetricsLine;
import org.mneme.run.Resume;
import org.mneme.run.RunFolder;
import org.mneme.run.RunLog;
import org.mneme.run.RunState;
import org.mneme.run.StopSignal;

/// A program that trains as `mneme train --resume auto` does, to be killed: it prints `ready` with
/// the step it goes on from and `saved` with the step of each checkpoint.
///
/// Takes the model to begin with, the run folder and the number of steps; exits with 0 at the end,
/// 75 when it was asked to stop.
final class KilledTraining implements TrainingEvents, CheckpointSaver.Run {
  static final KeepConfig KEEP =
      new KeepConfig(3, 0, 2, new KeepConfig.Best("loss", KeepConfig.Mode.MIN));
  private static final int EVALUATE_EVERY = 4;
  private static final int STOPPED = 75;

  private final PretrainedModel model;
  private final Trainer trainer;
  private final RunLog log;
  private final CheckpointSaver saver;
  private final StopSignal stop;

  private KilledTraining(
      PretrainedModel model,
      Trainer trainer,
      RunLog log,
      CheckpointStore store,
      long step,
      StopSignal stop) {
    this.model = model;
    this.trainer = trainer;
    this.log = log;
    this.stop = stop;
    long about = DiskNeed.checkpointBytes(model.parameters(), false);
    store.diskNeed(about).requireFits();
    this.saver = new CheckpointSaver(store, KEEP, this, about, step);
  }

  public static void main(String... arguments) {
    StopSignal stop = new StopSignal(() -> {});
    boolean stopped =
        train(Path.of(arguments[0]), Path.of(arguments[1]), Long.parseLong(arguments[2]), stop);
    System.exit(stopped ? STOPPED : 0);
  }

  private static boolean train(Path start, Path run, long steps, StopSignal stop) {
    try (CheckpointStore store = CheckpointStore.open(run, KEEP, KilledTraining::warn)) {
      Optional<Checkpoint> from = new Resume.Auto().resolve(store, KilledTraining::warn);
      long step = from.map(checkpoint -> checkpoint.facts().step()).orElse(0L);
      Path source = from.map(Checkpoint::folder).orElse(start);
      try (PretrainedModel model =
              PretrainedModel.loadWithHead(source, 1, config -> config.withDropout(0.1));
          Trainer trainer =
              new Trainer(
                  model.parameters(),
                  new MaskedObjective(model.maskedLanguageModel(), TinyTraining.BATCHES, 0, 1),
                  TinyTraining.config(steps));
          RunFolder folder = new RunFolder(run);
          RunLog log = new RunLog(folder, step)) {
        from.ifPresent(checkpoint -> TrainingCheckpoint.restore(checkpoint, trainer));
        return new KilledTraining(model, trainer, log, store, step, stop).run();
      }
    }
  }

  private boolean run() {
    System.out.println("ready " + trainer.steps());
    boolean stopped = trainer.run(this).stopped();
    tell(saver.save(trainer.steps()));
    log.ended(stopped ? RunState.Status.STOPPED : RunState.Status.FINISHED, "");
    return stopped;
  }

  private static void warn(String warning) {
    System.err.println(warning);
  }

  private static void tell(Optional<Checkpoint> saved) {
    saved.ifPresent(checkpoint -> System.out.println("saved " + checkpoint.facts().step()));
  }

  @Override
  public void stepped(Step step) {
    log.stepped(step);
    if (step.step() % EVALUATE_EVERY == 0) {
      Map<String, Double> metrics = Map.of("loss", step.loss());
      log.evaluated(step, MetricsLine.DEV, metrics);
      saver.evaluated(step.step(), metrics);
    }
  }

  /// Asked between two steps: the place to save.
  @Override
  public boolean stopRequested() {
    tell(saver.saveIfDue(trainer.steps()));
    return stop.getAsBoolean();
  }

  @Override
  public long seed() {
    return 1;
  }

  @Override
  public String configHash() {
    return "tiny";
  }

  @Override
  public void writeModel(Path empty) throws IOException {
    model.writeInto(empty);
  }

  @Override
  public Map<String, StatePart> parts() {
    return Map.of(Checkpoint.TRAINER, StatePart.of(trainer.state()));
  }
}
