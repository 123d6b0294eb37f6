package org.mneme.app.run;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.train.Trainer.Outcome;

/// What came of a run.
///
/// @param run its folder
/// @param model where the model lies: the final one, or a checkpoint where the run was stopped;
///   null where that was before the first step
/// @param dev the last evaluation, empty without held-out data
/// @param quoted its figures that are worth a line, the foremost first
public record TrainingResult(
    Path run, @Nullable Path model, Outcome outcome, Map<String, Double> dev, List<String> quoted) {
  /// Copies the collections.
  public TrainingResult {
    quoted = List.copyOf(quoted);
    dev = Collections.unmodifiableMap(new LinkedHashMap<>(dev));
  }

  /// Whether it was stopped before its time.
  public boolean stopped() {
    return outcome.stopped();
  }

  /// The figures by name.
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("steps", outcome.steps());
    figures.put("skipped", outcome.skipped());
    figures.put("tokens", outcome.tokens());
    figures.put("seconds", outcome.seconds());
    figures.put("msPerStep", outcome.msPerStep());
    figures.put("tokensPerSecond", tokensPerSecond());
    figures.putAll(Figures.defined(Map.of("loss", outcome.loss())));
    figures.put("ending", outcome.ending().name().toLowerCase(Locale.ROOT));
    figures.put("stopped", outcome.stopped());
    if (!dev.isEmpty()) {
      figures.put("dev", Figures.defined(dev));
    }
    figures.put("run", run.toString());
    if (model != null) {
      figures.put("model", model.toString());
    }
    figures.put("report", run.resolve("report.html").toString());
    return figures;
  }

  private double tokensPerSecond() {
    return outcome.tokens() / Math.max(1e-9, outcome.seconds());
  }

  /// How it ended, in a line.
  public String verdict() {
    String how =
        switch (outcome.ending()) {
          case LIMIT -> "done";
          case TARGET -> "target reached";
          case PATIENCE -> "no longer better: ended";
          case REQUEST -> "stopped";
        };
    String skipped = outcome.skipped() == 0 ? "" : " (" + outcome.skipped() + " left out)";
    return String.format(
        Locale.ROOT,
        "%s after %,d steps%s, %s, %,.0f tokens/s, last loss %.4f",
        how,
        outcome.steps(),
        skipped,
        ProgressLine.time(outcome.seconds()),
        tokensPerSecond(),
        outcome.loss());
  }

  /// The figures in a few lines.
  public String summary() {
    String held = dev.isEmpty() ? "" : "\nheld out: " + Figures.inALine(dev, quoted);
    return String.format(
        Locale.ROOT,
        "%s%s%nModel:  %s%nPage:   %s%s",
        verdict(),
        held,
        model == null ? "none yet" : model,
        run.resolve("report.html"),
        stopped() ? "\nTo go on: the same command with --resume auto" : "");
  }
}
