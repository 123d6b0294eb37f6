package org.mneme.run;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A run in one row. What is not known is absent.
///
/// @param state as of [RunState.Status#label], or `unreadable`
/// @param message why it failed, or cannot be read; may be empty
/// @param loss of training, the mean over the last steps
/// @param devLoss of the last evaluation
/// @param bestDevLoss the lowest, after step `bestStep`
/// @param tokensPerSecond real tokens per second of training, over the whole run
/// @param residentBytes the most memory that the process held
/// @param seconds of training
/// @param progress share that is done, in [0, 1]
public record RunSummary(
    String name,
    String folder,
    String state,
    String message,
    Instant started,
    Instant updated,
    long steps,
    long tokens,
    @Nullable Double seconds,
    @Nullable Double loss,
    @Nullable Double devLoss,
    @Nullable Double bestDevLoss,
    @Nullable Long bestStep,
    @Nullable Double tokensPerSecond,
    @Nullable Double residentBytes,
    @Nullable Double progress,
    @Nullable Double secondsLeft) {

  /// The row of a run.
  public static RunSummary of(RunRecord run) {
    List<MetricsLine> dev = run.dev();
    RunState state = run.state();
    return new RunSummary(
        run.name(),
        run.folder().toString(),
        state.status().label(),
        state.message(),
        state.started(),
        state.updated(),
        run.last().map(MetricsLine::step).orElse(0L),
        run.last().map(MetricsLine::tokens).orElse(0L),
        finite(run.last().map(MetricsLine::seconds).orElse(Double.NaN)),
        finite(RunFigures.loss(run.training(), run.training().size() - 1)),
        finite(dev.isEmpty() ? Double.NaN : dev.getLast().loss()),
        finite(run.best().map(MetricsLine::loss).orElse(Double.NaN)),
        run.best().map(MetricsLine::step).orElse(null),
        finite(run.tokensPerSecond()),
        finite(run.residentBytes()),
        finite(state.progress()),
        finite(state.secondsLeft()));
  }

  /// The row of a run whose folder cannot be read.
  public static RunSummary unreadable(Path folder, RuntimeException why) {
    String reason = why.getCause() == null ? "" : " (" + why.getCause() + ")";
    return new RunSummary(
        String.valueOf(folder.toAbsolutePath().normalize().getFileName()),
        folder.toString(),
        "unreadable",
        why.getMessage() + reason,
        Instant.EPOCH,
        Instant.EPOCH,
        0,
        0,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
