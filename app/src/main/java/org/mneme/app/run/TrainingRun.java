package org.mneme.app.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.mneme.DivergenceException;
import org.mneme.app.cli.Console;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;
import org.mneme.checkpoint.DiskNeed;
import org.mneme.checkpoint.KeepConfig;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.config.Printer;
import org.mneme.data.Corpus;
import org.mneme.data.shard.Preparation;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.UsageReport;
import org.mneme.model.KeptWords;
import org.mneme.report.ReportPage;
import org.mneme.run.CheckpointSaver;
import org.mneme.run.Resume;
import org.mneme.run.RunConfig;
import org.mneme.run.RunData;
import org.mneme.run.RunFolder;
import org.mneme.run.RunLog;
import org.mneme.run.RunModel;
import org.mneme.run.RunPage;
import org.mneme.run.RunRecord;
import org.mneme.run.RunState;
import org.mneme.run.RunTask;
import org.mneme.run.SavedRun;
import org.mneme.run.estimate.Estimate;
import org.mneme.tensor.NativeRuntime;
import org.mneme.text.Tokenizer;
import org.mneme.train.ObjectiveConfig;
import org.mneme.train.Trainer;
import org.mneme.train.TrainingCheckpoint;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A training run: settings in, a run folder out.
public final class TrainingRun {
  private static final long NOT_SAVED = -1;

  private final Console console;
  private final RunConfig config;
  private final Path out;
  private final String command;
  private final BooleanSupplier stop;

  /// @param out the run folder
  /// @param command as it was typed
  /// @param stop whether to stop after the step, or the shard of tokens, under way
  public TrainingRun(
      Console console, RunConfig config, Path out, String command, BooleanSupplier stop) {
    this.console = console;
    this.config = config.withOut(out.toString());
    this.out = out;
    this.command = command;
    this.stop = stop;
  }

  /// Trains to the end, or until it has to stop; then there is a checkpoint to go on from. A start
  /// that fails leaves no folder behind.
  ///
  /// @throws OutOfMemory when memory does not suffice
  /// @throws CancellationException where it was stopped while texts were tokenised; what is done is
  ///   in their cache
  public TrainingResult run(Resume resume) throws IOException {
    try (CheckpointStore store = CheckpointStore.open(out, config.checkpoint(), console::note)) {
      return run(store, resume.resolve(store, console::note));
    }
  }

  private TrainingResult run(CheckpointStore store, Optional<Checkpoint> begin) throws IOException {
    var estimate = Estimate.of(config, RunModel.architecture(config.model(), begin));
    var forecast = new MemoryForecast(config, estimate, MemoryForecast.availableNow());
    console.note(forecast.summary());
    if (forecast.exceeds()) {
      console.note(forecast.warning());
    }
    try {
      return opened(store, begin);
    } catch (RuntimeException | Error e) {
      if (OutOfMemory.isCauseOf(e)) {
        throw new OutOfMemory(forecast.explanation(NativeRuntime.residentBytes()), e);
      }
      throw e;
    }
  }

  private TrainingResult opened(CheckpointStore store, Optional<Checkpoint> begin)
      throws IOException {
    if (begin.isEmpty()) {
      RunTask.requireFits(config);
    }
    try (Tokenizer tokenizer = Tokenizer.load(RunModel.tokenizer(config.model(), begin));
        RunData data = data(tokenizer, begin)) {
      begin.ifPresent(from -> SavedRun.requireSameData(from, data.fingerprint()));
      try (PretrainedModel model = RunModel.open(config, tokenizer, data, begin)) {
        ModelFiles.tell(model, console);
        RunTask task = RunTask.of(config, model, tokenizer, data);
        return run(model, task, data.fingerprint(), store, begin);
      }
    }
  }

  private RunData data(Tokenizer tokenizer, Optional<Checkpoint> begin) {
    ProgressLine line = new ProgressLine(console);
    Preparation.Progress progress =
        (share, tokens, bad) -> {
          if (tokens > 0 && line.due()) {
            line.tell("tokens", share, Map.of("tokens", String.format(Locale.ROOT, "%,d", tokens)));
          }
        };
    var tokenising = new Corpus.Tokenising(tokenizer, progress, stop, console::note);
    try {
      return RunData.open(config, tokenising, begin);
    } finally {
      line.end();
    }
  }

  private TrainingResult run(
      PretrainedModel model,
      RunTask task,
      String fingerprint,
      CheckpointStore store,
      Optional<Checkpoint> begin)
      throws IOException {
    var settings =
        new Trainer.Settings(config.train(), config.optimizer(), config.seed(), config.precision());
    if (begin.isEmpty()) {
      task.objective().begin();
    }
    try (Trainer trainer = new Trainer(model.parameters(), task.objective(), settings)) {
      begin.ifPresent(from -> takeUp(from, trainer));
      boolean averaged = config.train().average() != null;
      long each = DiskNeed.checkpointBytes(model.parameters(), averaged);
      DiskNeed need = store.diskNeed(each);
      need.requireFits();
      console.note(need.summary());
      noteKeptWords(model.config().keptWords());
      boolean foreign = begin.isPresent() && !Resume.isOwn(begin.get(), store);
      var saved = new SavedRun(config, model, trainer, fingerprint);
      long savedStep = foreign ? NOT_SAVED : trainer.steps();
      var saver = new CheckpointSaver(store, config.checkpoint(), saved, each, savedStep);
      begin.ifPresent(from -> Resume.bringMetrics(from, store));
      try (RunFolder folder = new RunFolder(out)) {
        writeSettings(folder);
        try (RunLog log = new RunLog(folder, trainer.steps())) {
          if (foreign) { // what --resume auto then goes on from
            var unused = saver.save(trainer.steps());
          }
          return logged(log, store, () -> train(model, task, trainer, saver, folder, log));
        }
      }
    }
  }

  private void takeUp(Checkpoint from, Trainer trainer) {
    console.note("Going on after step " + from.facts().step() + ", " + from.folder());
    SavedRun.changes(from, config).forEach(change -> console.note("Changed since: " + change));
    SavedRun.otherMachine(from)
        .forEach(change ->
            console.note("Last bits may differ from here on, as this changed: " + change));
    TrainingCheckpoint.restore(from, trainer);
  }

  /// A training that is set up.
  private interface Work {
    TrainingResult run() throws IOException;
  }

  /// Runs a training and writes down how it ended.
  private static TrainingResult logged(RunLog log, CheckpointStore store, Work training)
      throws IOException {
    try {
      TrainingResult result = training.run();
      log.ended(result.stopped() ? RunState.Status.STOPPED : RunState.Status.FINISHED, "");
      return result;
    } catch (DivergenceException e) {
      failed(log, e);
      throw store.latestGood().map(good -> e.withCheckpoint(good.folder())).orElse(e);
    } catch (IOException | RuntimeException | Error e) {
      failed(log, e);
      throw e;
    }
  }

  /// Where that cannot be written down either, as on a full disk, the user is still told why.
  private static void failed(RunLog log, Throwable why) {
    try {
      log.ended(RunState.Status.FAILED, String.valueOf(why.getMessage()));
    } catch (RuntimeException e) {
      why.addSuppressed(e);
    }
  }

  private TrainingResult train(
      PretrainedModel model,
      RunTask task,
      Trainer trainer,
      CheckpointSaver saver,
      RunFolder folder,
      RunLog log)
      throws IOException {
    var monitor =
        new TrainingMonitor(
            "train", model.base(), new ProgressLine(console), log, task.evaluation(), stop) {
          @Override
          public void evaluated(Step step, Map<String, Double> metrics) {
            super.evaluated(step, metrics);
            saver.evaluated(step.step(), metrics);
            noteMissingBest(metrics);
          }

          @Override
          public void skipped(Step step, String problem) {
            console.note("Step " + step.step() + " is left out: " + problem);
          }

          @Override
          public void secondPhase(long steps) {
            console.note("Second phase after step " + steps + ": no block is left out any more");
          }

          // The last step is saved when all of it is written down, the evaluation after it too.
          @Override
          public void settled(Step step) {
            if (step.progress() < 1) {
              var unused = saver.saveIfDue(step.step());
            }
          }
        };
    long before = trainer.steps();
    Trainer.Outcome outcome = trainer.run(monitor);
    monitor.end();
    if (outcome.stopped()) {
      var unused = saver.save(trainer.steps());
      Path last = outcome.steps() == 0 ? null : folder.checkpoint(outcome.steps());
      return written(outcome, last, Map.of(), Map.of(), folder);
    }
    if (before > 0 && outcome.steps() == before) {
      console.note("Nothing is left to do: the run came to its end after step " + before);
    }
    List<Map<String, Double>> measured = new ArrayList<>();
    Map<Integer, UsageReport> use =
        MemoryUse.counting(
            model.base(), () -> measured.add(trainer.averaged(() -> metrics(task.evaluation()))));
    Map<String, Double> dev = measured.getFirst();
    if (!dev.isEmpty()) {
      monitor.evaluatedAtTheEnd(dev);
      saver.evaluated(trainer.steps(), dev);
      noteMissingBest(dev);
    }
    var unused = saver.save(trainer.steps());
    Path done =
        trainer.averaged(() -> {
          model.save(folder.finalModel());
          return folder.finalModel();
        });
    return written(outcome, done, dev, use, folder);
  }

  /// Losses over fewer words are lower, and not to be compared with those over all.
  private void noteKeptWords(@Nullable KeptWords kept) {
    if (kept != null) {
      boolean task = config.objective() instanceof ObjectiveConfig.Task;
      console.note(
          "Words: %,d of %,d have rows in memory%s%s"
              .formatted(
                  kept.rows().size(),
                  kept.rows().all(),
                  kept.pagesIn() ? ", others come when they are read" : "",
                  task ? "" : "; losses are those of a choice among these alone"));
    }
  }

  /// A metric of a single type (`f1.person`) may be missing now and then.
  private void noteMissingBest(Map<String, Double> metrics) {
    KeepConfig.Best best = config.checkpoint().keepBest();
    if (best != null && !metrics.containsKey(best.metric()) && !best.metric().contains(".")) {
      console.note(
          "No checkpoint is kept as the best: checkpoint.keepBest.metric \"%s\" is not evaluated,"
                  .formatted(best.metric())
              + " take one of "
              + String.join(", ", metrics.keySet()));
    }
  }

  private static Map<String, Double> metrics(RunTask.@Nullable Evaluation evaluation) {
    return evaluation == null ? Map.of() : evaluation.metrics();
  }

  private TrainingResult written(
      Trainer.Outcome outcome,
      @Nullable Path model,
      Map<String, Double> dev,
      Map<Integer, UsageReport> use,
      RunFolder folder)
      throws IOException {
    TrainingResult result =
        new TrainingResult(out, model, outcome, dev, Figures.quoted(config.objective()));
    RunRecord record = RunRecord.read(out);
    String title = "Training " + (config.model().path() == null ? "from scratch" : name());
    ReportPage page = RunPage.begin(title, result.verdict(), record).byline(Provenance.byline());
    if (!dev.isEmpty() && !use.isEmpty()) {
      page.heads(MemoryPages.rows(use))
          .reads(
              use.entrySet().stream()
                  .map(e -> MemoryPages.distribution("layer " + e.getKey(), e.getValue()))
                  .toList(),
              List.of());
    }
    RunPage.end(page, record).write(folder.report());
    return result;
  }

  private String name() {
    return String.valueOf(Path.of(String.valueOf(config.model().path())).getFileName());
  }

  private void writeSettings(RunFolder folder) {
    AtomicFile.writeString(folder.path().resolve(RunFolder.SETTINGS), Printer.yaml(config, false));
    ObjectNode provenance = JsonMapper.shared().createObjectNode().put("command", command);
    Map<String, String> facts = new LinkedHashMap<>(Provenance.facts());
    facts.put("precision", config.precision().label());
    facts.forEach(provenance::put);
    folder.write(RunFolder.PROVENANCE, provenance);
  }
}
