package org.mneme.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.run.RunState.Status;
import org.mneme.run.events.EventFile;
import org.mneme.run.events.Histogram;
import org.mneme.tensor.NativeRuntime;
import org.mneme.train.TrainingEvents.Step;

/// Writes down what a run does, while it does it: `metrics.jsonl`, `usage.jsonl`, event files and
/// `state.json`.
///
/// One thread at a time.
public final class RunLog implements AutoCloseable {
  /// Steps that the speed in a line is measured over.
  private static final int STEPS = 20;

  /// Between two writings of the state: each waits for the disk.
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final RunFolder folder;
  private final EventFile events;
  private final Instant started;
  private final Deque<Step> recent = new ArrayDeque<>();
  private Instant written = Instant.EPOCH;
  private double progress;
  private boolean ended;

  /// Begins or goes on; what the folder has of later steps is taken back.
  ///
  /// @param steps that were taken before: 0 for a new run, else the step of the checkpoint
  public RunLog(RunFolder folder, long steps) {
    this.folder = folder;
    folder.truncateAfter(steps);
    Instant now = Instant.now();
    started = steps == 0 ? now : RunState.read(folder.path()).started();
    events = new EventFile(folder.events(), steps + 1);
    state(Status.RUNNING, Double.NaN, "");
  }

  /// After a step of training.
  public void stepped(Step step) {
    recent.addLast(step);
    if (recent.size() > STEPS + 1) {
      recent.removeFirst();
    }
    Map<String, Double> more = new LinkedHashMap<>();
    more.put("gradientNorm", step.gradientNorm());
    if (Double.isFinite(step.valueGradientNorm())) {
      more.put("valueGradientNorm", step.valueGradientNorm());
    }
    more.put("residentBytes", (double) NativeRuntime.residentBytes());
    MetricsLine line = line(step, MetricsLine.TRAIN, step.loss(), more);
    folder.metrics(line);
    events.scalars(step.step(), scalars(line));
    progress = step.progress();
    if (Instant.now().isAfter(written.plus(INTERVAL))) {
      state(Status.RUNNING, step.secondsLeft(), "");
    }
  }

  /// After an evaluation.
  ///
  /// @param step the last one before it
  /// @param split the name of what was evaluated, such as [MetricsLine#DEV]
  /// @param metrics by name, `loss` among them; `tokens` are those evaluated
  public void evaluated(Step step, String split, Map<String, Double> metrics) {
    Map<String, Double> more = new LinkedHashMap<>(metrics);
    Double loss = more.remove("loss");
    Double tokens = more.remove("tokens");
    if (tokens != null) {
      more.put("evaluatedTokens", tokens);
    }
    MetricsLine line = line(step, split, loss == null ? Double.NaN : loss, more);
    folder.metrics(line);
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("loss/" + split, line.loss());
    more.forEach((name, value) -> scalars.put(name + "/" + split, value));
    events.scalars(step.step(), scalars);
  }

  /// At the end of a window of usage.
  ///
  /// @param step the window's last
  /// @param layer the index of the memory's block
  /// @param figures of its use by name
  /// @param reads how often each slot was read
  public void used(Step step, int layer, Map<String, Double> figures, double[] reads) {
    folder.usage(UsageLine.of(step.step(), step.seconds(), layer, figures, reads));
    Map<String, Double> scalars = new LinkedHashMap<>();
    figures.forEach((name, value) -> scalars.put("memory." + layer + "/" + name, value));
    events.scalars(step.step(), scalars);
    String name = "memory." + layer + "/reads per slot";
    events.histogram(step.step(), name, Histogram.ofCounts(reads));
  }

  /// After parts of memories were drawn anew.
  ///
  /// @param parts how many, by the name of the parameter they belong to
  public void revived(Step step, Map<String, Integer> parts) {
    folder.revived(step.step(), step.seconds(), parts);
  }

  /// The run is over.
  ///
  /// @param message why it failed; may be empty
  public void ended(Status status, String message) {
    progress = status == Status.FINISHED ? 1 : progress;
    state(status, status == Status.FINISHED ? 0 : Double.NaN, message);
    ended = true;
  }

  private MetricsLine line(Step step, String split, double loss, Map<String, Double> more) {
    return new MetricsLine(
        step.step(),
        split,
        loss,
        step.learningRate(),
        step.tokens(),
        tokensPerSecond(step),
        step.seconds(),
        more);
  }

  private static Map<String, Double> scalars(MetricsLine line) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("loss/train", line.loss());
    scalars.put("train/learning rate", line.learningRate());
    scalars.put("train/gradient norm", line.figure("gradientNorm"));
    scalars.put("train/tokens per second", line.tokensPerSecond());
    return scalars;
  }

  /// Over the last steps; of the first one there is nothing but its own time.
  private double tokensPerSecond(Step step) {
    Step first = recent.isEmpty() ? step : recent.getFirst();
    double seconds = step.seconds() - first.seconds();
    return seconds > 0 ? (step.tokens() - first.tokens()) / seconds : step.tokensPerSecond();
  }

  private void state(Status status, double secondsLeft, String message) {
    written = Instant.now();
    long pid = ProcessHandle.current().pid();
    new RunState(status, started, written, pid, progress, secondsLeft, message)
        .write(folder.path());
  }

  /// Closes the event file; a run that did not end by itself has failed.
  @Override
  public void close() {
    if (!ended) {
      ended(Status.FAILED, "it ended without a word");
    }
    events.close();
  }
}
