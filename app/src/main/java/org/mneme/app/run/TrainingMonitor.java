package org.mneme.app.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.mneme.evaluate.MaskedEvaluation;
import org.mneme.evaluate.MeasuredUse;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.UsageReport;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.report.LossCurve;
import org.mneme.report.UsageHistory;
import org.mneme.tensor.NativeRuntime;
import org.mneme.train.RunFolder;
import org.mneme.train.TrainingEvents;

/// Follows a training run: tells its progress, writes `metrics.jsonl`, evaluates on held-out text,
/// and remembers the curves for the page, whether or not anybody is told.
public final class TrainingMonitor implements TrainingEvents {
  /// Into how many windows the use of memories is cut, as long as they are not shorter than
  /// [#SHORTEST_WINDOW] or longer than [#LONGEST_WINDOW] seconds of training.
  private static final int WINDOWS = 60;

  private static final double SHORTEST_WINDOW = 1;
  private static final double LONGEST_WINDOW = 30;

  /// How much longer than its figures take a window is at least: tables of millions of slots take
  /// seconds.
  private static final double WORTH = 50;

  private final String name;
  private final MaskedLanguageModel model;
  private final ProgressLine progress;
  private final @Nullable RunFolder run;
  private final @Nullable Evaluation evaluation;
  private final BooleanSupplier stop;
  private final List<double[]> training = new ArrayList<>();
  private final List<double[]> evaluations = new ArrayList<>();
  private final Map<Integer, List<double[]>> usage = new LinkedHashMap<>();
  private Map<Integer, UsageReport> lastUsage = Map.of();
  private @Nullable Step last;
  private Window window = new Window(0, 0, SHORTEST_WINDOW);

  /// When a window of usage began.
  ///
  /// @param shortest seconds that it lasts at least
  private record Window(double seconds, double progress, double shortest) {
    boolean ends(Step step) {
      double lasted = step.seconds() - seconds;
      boolean due = step.progress() - progress >= 1.0 / WINDOWS || lasted >= LONGEST_WINDOW;
      return due && lasted >= shortest;
    }
  }

  /// Measures the model on held-out text.
  public interface Evaluation {
    /// The score of the model as it is now.
    MaskedEvaluation.Score score();
  }

  /// @param name of the run, in the progress line and on the page
  /// @param run where metrics are written, null for nowhere
  /// @param evaluation asked when the trainer wants one, null for none
  /// @param stop whether training has to stop
  public TrainingMonitor(
      String name,
      MaskedLanguageModel model,
      ProgressLine progress,
      @Nullable RunFolder run,
      @Nullable Evaluation evaluation,
      BooleanSupplier stop) {
    this.name = name;
    this.model = model;
    this.progress = progress;
    this.run = run;
    this.evaluation = evaluation;
    this.stop = stop;
    var unused = MemoryUse.take(model.encoder()); // read before the run
  }

  @Override
  public void stepped(Step step) {
    training.add(new double[] {step.seconds(), step.loss(), step.step()});
    if (run != null) {
      run.metrics("train", step.step(), metrics(step));
    }
    if (last == null) { // a run may have been taken up late
      window = new Window(step.seconds(), step.progress(), SHORTEST_WINDOW);
    }
    if (window.ends(step)) {
      takeUsage(step);
    }
    if (progress.due()) {
      progress.tell(name, step.progress(), facts(step));
    }
    last = step;
  }

  /// The run is over: the last window ends, and the progress line.
  public void end() {
    if (last != null && isWorthAWindow(last)) {
      takeUsage(last);
    }
    progress.end();
  }

  /// A much shorter window than the others would look like a fall in use.
  private boolean isWorthAWindow(Step step) {
    return usage.isEmpty() || step.progress() - window.progress >= 0.5 / WINDOWS;
  }

  private static Map<String, Double> metrics(Step step) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss", step.loss());
    metrics.put("lr", step.learningRate());
    metrics.put("gradientNorm", step.gradientNorm());
    metrics.put("valueGradientNorm", step.valueGradientNorm());
    metrics.put("tokens", (double) step.tokens());
    metrics.put("tokensPerSecond", step.tokensPerSecond());
    metrics.put("seconds", step.seconds());
    return metrics;
  }

  private Map<String, String> facts(Step step) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("step", Long.toString(step.step()));
    facts.put("loss", String.format(Locale.ROOT, "%.3f", step.loss()));
    facts.put("tokens/s", String.format(Locale.ROOT, "%.0f", step.tokensPerSecond()));
    lastUsage.forEach((block, report) ->
        facts.put(
            "memory " + block,
            String.format(
                Locale.ROOT,
                "used %.0f %% top-1 %.1f %%",
                100 * report.usage(),
                100 * report.top1Usage())));
    facts.put("native", ProgressLine.size(NativeRuntime.residentBytes()));
    facts.put("left", ProgressLine.time(step.secondsLeft()));
    return facts;
  }

  /// Takes what the memories read since the last time.
  private void takeUsage(Step step) {
    long started = System.nanoTime();
    lastUsage = MemoryUse.take(model.encoder());
    lastUsage.forEach((block, report) -> {
      usage
          .computeIfAbsent(block, ignored -> new ArrayList<>())
          .add(
              new double[] {
                step.seconds(),
                report.usage(),
                report.top1Usage(),
                report.usedCeiling(),
                report.top1Ceiling()
              });
      if (run != null) {
        run.metrics("memory." + block, step.step(), MemoryUse.figures(report));
      }
    });
    double cost = (System.nanoTime() - started) / 1e9;
    window = new Window(step.seconds(), step.progress(), Math.max(SHORTEST_WINDOW, WORTH * cost));
  }

  @Override
  public Map<String, Double> evaluate(long step) {
    if (evaluation == null) {
      return Map.of();
    }
    try (MeasuredUse apart = MemoryUse.measure(model.encoder())) {
      return evaluation.score().metrics();
    }
  }

  @Override
  public void evaluated(Step step, Map<String, Double> metrics) {
    if (metrics.isEmpty()) {
      return;
    }
    evaluations.add(new double[] {step.seconds(), metrics.getOrDefault("loss", Double.NaN)});
    if (run != null) {
      run.metrics("dev", step.step(), metrics);
    }
  }

  @Override
  public void revived(Step step, Map<String, Integer> parts) {
    if (run != null) {
      Map<String, Double> counts = new LinkedHashMap<>();
      parts.forEach((name, count) -> counts.put(name, (double) count));
      run.metrics("revived", step.step(), counts);
    }
  }

  @Override
  public boolean stopRequested() {
    return stop.getAsBoolean();
  }

  /// The losses over seconds of training.
  public LossCurve losses() {
    return new LossCurve(
        name,
        column(training, 0),
        column(training, 1),
        column(evaluations, 0),
        column(evaluations, 1));
  }

  /// The use of each memory over seconds of training, window by window.
  public List<UsageHistory> usageHistory() {
    return usage.entrySet().stream()
        .map(entry ->
            new UsageHistory(
                name + ", layer " + entry.getKey(),
                column(entry.getValue(), 0),
                column(entry.getValue(), 1),
                column(entry.getValue(), 2),
                column(entry.getValue(), 3),
                column(entry.getValue(), 4)))
        .toList();
  }

  private static double[] column(List<double[]> rows, int column) {
    return rows.stream().mapToDouble(row -> row[column]).toArray();
  }
}
