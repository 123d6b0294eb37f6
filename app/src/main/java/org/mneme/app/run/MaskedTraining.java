package org.mneme.app.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.cli.Console;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.MaskedBatches;
import org.mneme.data.Masking;
import org.mneme.evaluate.MaskedEvaluation;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.UsageReport;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.report.ReportPage;
import org.mneme.run.RunFolder;
import org.mneme.run.RunLog;
import org.mneme.run.RunPage;
import org.mneme.run.RunRecord;
import org.mneme.run.RunState;
import org.mneme.text.Tokenizer;
import org.mneme.train.MaskedObjective;
import org.mneme.train.Trainer;
import org.mneme.train.TrainingCheckpoint;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// One run of masked-LM training: model and texts in, a run folder out.
public final class MaskedTraining {
  private final Console console;
  private final Settings settings;
  private final BooleanSupplier stop;

  /// What is trained, on what, and how.
  ///
  /// @param dev held-out texts, may be empty
  /// @param out the run folder
  /// @param tokensPerBatch padding included
  /// @param maxLength longest line in tokens
  /// @param maskings in how many ways a line is masked, 0 for ever new, see [MaskedObjective]
  public record Settings(
      Path model,
      List<Path> texts,
      List<Path> dev,
      Path out,
      Masking masking,
      int tokensPerBatch,
      int maxLength,
      int maskings,
      double dropout,
      Trainer.Settings train) {}

  /// What came of it.
  ///
  /// @param dev the last evaluation, null without held-out text
  public record Result(
      Settings settings, Trainer.Outcome outcome, @Nullable Score dev, Path model, Path report) {
    /// Whether it was stopped before its time.
    public boolean stopped() {
      return outcome.stopped();
    }

    /// The figures by name.
    public Map<String, Object> figures() {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("steps", outcome.steps());
      figures.put("tokens", outcome.tokens());
      figures.put("seconds", outcome.seconds());
      figures.put("msPerStep", outcome.msPerStep());
      figures.put("loss", outcome.loss());
      figures.put("stopped", outcome.stopped());
      if (dev != null) {
        figures.put("dev", dev.metrics());
      }
      figures.put("model", model.toString());
      figures.put("report", report.toString());
      return figures;
    }

    /// The figures in a few lines.
    public String summary() {
      String held =
          dev == null
              ? ""
              : String.format(
                  Locale.ROOT,
                  "%nheld out: loss %.4f  perplexity %.2f  accuracy %.2f %%",
                  dev.loss(),
                  dev.perplexity(),
                  100 * dev.accuracy());
      return String.format(
          Locale.ROOT,
          "%s after %,d steps, %s, %,.0f tokens/s, last loss %.4f%s%nModel:  %s%nPage:   %s",
          outcome.stopped() ? "stopped" : "done",
          outcome.steps(),
          ProgressLine.time(outcome.seconds()),
          outcome.tokens() / Math.max(1e-9, outcome.seconds()),
          outcome.loss(),
          held,
          model,
          report);
    }
  }

  /// @param stop whether to stop after the step under way
  public MaskedTraining(Console console, Settings settings, BooleanSupplier stop) {
    this.console = console;
    this.settings = settings;
    this.stop = stop;
  }

  /// Trains; the model and the optimisers' state are saved at the end and when stopped.
  ///
  /// @param resume whether to go on from the run's last checkpoint
  /// @param command as it was typed
  public Result run(boolean resume, String command) throws IOException {
    Optional<Path> checkpoint = resume ? Optional.of(lastCheckpoint()) : Optional.empty();
    if (!resume && RunRecord.isRun(settings.out())) {
      throw InvalidInputException.config(
          "--out",
          settings.out() + " holds a run already; choose another folder or go on with --resume");
    }
    long seed = settings.train().seed();
    Path source = checkpoint.orElse(settings.model());
    try (PretrainedModel loaded =
            PretrainedModel.loadWithHead(source, seed, c -> c.withDropout(settings.dropout()));
        Tokenizer tokenizer = Tokenizer.load(source)) {
      console.note(loaded.report().summary());
      MaskedLanguageModel model = loaded.maskedLanguageModel();
      int maxLength = Math.min(settings.maxLength(), model.config().maxTokens());
      MaskedBatches batches =
          TextSet.read(tokenizer, settings.texts(), maxLength)
              .training(settings.masking(), settings.tokensPerBatch(), seed);
      MaskedBatches dev =
          settings.dev().isEmpty()
              ? null
              : TextSet.read(tokenizer, settings.dev(), maxLength)
                  .evaluation(settings.masking(), seed);
      var objective = new MaskedObjective(model, batches, settings.maskings(), seed);
      // the run folder comes last: what is wrong with the settings is known by now
      try (Trainer trainer = new Trainer(model.parameters(), objective, settings.train());
          RunFolder run = new RunFolder(settings.out())) {
        checkpoint.ifPresent(folder -> TrainingCheckpoint.restore(folder, trainer));
        writeSettings(run, command);
        try (RunLog log = new RunLog(run, trainer.steps())) {
          return logged(log, () -> train(loaded, trainer, dev, run, log));
        }
      }
    }
  }

  /// A training that is set up.
  private interface Work {
    Result run() throws IOException;
  }

  /// Runs a training and writes down how it ended.
  private static Result logged(RunLog log, Work training) throws IOException {
    try {
      Result result = training.run();
      log.ended(result.stopped() ? RunState.Status.STOPPED : RunState.Status.FINISHED, "");
      return result;
    } catch (IOException | RuntimeException e) {
      log.ended(RunState.Status.FAILED, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private Result train(
      PretrainedModel loaded,
      Trainer trainer,
      @Nullable MaskedBatches dev,
      RunFolder run,
      RunLog log)
      throws IOException {
    MaskedLanguageModel model = loaded.maskedLanguageModel();
    ProgressLine progress = new ProgressLine(console);
    TrainingMonitor monitor =
        new TrainingMonitor(
            "train",
            model,
            progress,
            log,
            dev == null ? null : () -> MaskedEvaluation.evaluate(model, dev.inOrder()),
            stop);
    Trainer.Outcome outcome = trainer.run(monitor);
    monitor.end();
    TrainingCheckpoint.write(run.checkpoint(trainer.steps()), loaded, trainer);
    return finish(loaded, model, outcome, dev, run, monitor);
  }

  private Result finish(
      PretrainedModel loaded,
      MaskedLanguageModel model,
      Trainer.Outcome outcome,
      @Nullable MaskedBatches dev,
      RunFolder run,
      TrainingMonitor monitor)
      throws IOException {
    Path saved = outcome.stopped() ? run.checkpoint(outcome.steps()) : run.finalModel();
    Score[] score = new Score[1];
    Map<Integer, UsageReport> use =
        MemoryUse.counting(
            model.encoder(),
            () -> {
              if (dev != null && !outcome.stopped()) {
                score[0] = MaskedEvaluation.evaluate(model, dev.inOrder());
              }
            });
    if (!outcome.stopped()) {
      loaded.save(saved);
      if (score[0] != null) {
        monitor.evaluatedAtTheEnd(score[0].metrics());
      }
    }
    Result result = new Result(settings, outcome, score[0], saved, run.report());
    page(result, RunRecord.read(run.path()), score[0] == null ? Map.of() : use).write(run.report());
    return result;
  }

  private Path lastCheckpoint() {
    Path checkpoints = settings.out().resolve("checkpoints");
    Optional<Checkpoint> last = CheckpointStore.latestGood(settings.out(), console::note);
    if (last.isPresent()) {
      return last.get().folder();
    }
    throw InvalidInputException.config(
        "--resume", "there is no checkpoint in " + checkpoints + "; start without --resume");
  }

  private void writeSettings(RunFolder run, String command) {
    JsonMapper json = JsonMapper.shared();
    ObjectNode resolved = json.createObjectNode();
    resolved.put("model", settings.model().toString());
    resolved.set("texts", json.valueToTree(settings.texts().stream().map(Path::toString).toList()));
    resolved.set("dev", json.valueToTree(settings.dev().stream().map(Path::toString).toList()));
    resolved.set("masking", json.valueToTree(settings.masking()));
    resolved.put("tokensPerBatch", settings.tokensPerBatch());
    resolved.put("maxLength", settings.maxLength());
    resolved.put("maskings", settings.maskings());
    resolved.put("dropout", settings.dropout());
    resolved.set("train", json.valueToTree(settings.train()));
    run.write("config.resolved.json", resolved);
    ObjectNode provenance = json.createObjectNode().put("command", command);
    Provenance.facts().forEach(provenance::put);
    run.write("provenance.json", provenance);
  }

  private ReportPage page(Result result, RunRecord run, Map<Integer, UsageReport> use) {
    String title = "Training " + settings.model().getFileName();
    String verdict = result.summary().lines().findFirst().orElse("");
    ReportPage page = RunPage.begin(title, verdict, run).byline(Provenance.byline());
    if (!use.isEmpty()) {
      page.heads(MemoryPages.rows(use))
          .reads(
              use.entrySet().stream()
                  .map(e -> MemoryPages.distribution("layer " + e.getKey(), e.getValue()))
                  .toList(),
              List.of());
    }
    return RunPage.end(page, run);
  }
}
