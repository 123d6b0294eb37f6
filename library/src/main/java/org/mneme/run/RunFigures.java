package org.mneme.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a run stood at some point of its training. What is not known is absent.
///
/// @param loss of training, the mean over the steps up to here, at most the last 20
/// @param devLoss on held-out text, on the line between the evaluations around this point; after
///   the last evaluation that one's, before the first absent
public record RunFigures(
    long step, long tokens, double seconds, @Nullable Double loss, @Nullable Double devLoss) {
  /// What runs can be held against each other by.
  public enum Measure {
    STEPS,
    SECONDS,
    TOKENS;

    double of(MetricsLine line) {
      return switch (this) {
        case STEPS -> line.step();
        case SECONDS -> line.seconds();
        case TOKENS -> line.tokens();
      };
    }

    /// How far a run came in this measure.
    double reach(RunRecord run) {
      return run.last().map(this::of).orElse(0.0);
    }
  }

  /// Where `run` stood when it had come to `value`: after its last step that is not beyond, or its
  /// first.
  static @Nullable RunFigures at(RunRecord run, Measure measure, double value) {
    List<MetricsLine> training = run.training();
    int found = -1;
    while (found + 1 < training.size() && measure.of(training.get(found + 1)) <= value) {
      found++;
    }
    if (training.isEmpty()) {
      return null;
    }
    MetricsLine line = training.get(Math.max(0, found));
    return new RunFigures(
        line.step(),
        line.tokens(),
        line.seconds(),
        finite(loss(training, Math.max(0, found))),
        finite(devLoss(run.dev(), measure, value)));
  }

  /// The mean loss of the lines up to `last`.
  static double loss(List<MetricsLine> training, int last) {
    return training.subList(Math.max(0, last + 1 - RunRecord.SMOOTH), last + 1).stream()
        .mapToDouble(MetricsLine::loss)
        .filter(Double::isFinite)
        .average()
        .orElse(Double.NaN);
  }

  private static double devLoss(List<MetricsLine> dev, Measure measure, double value) {
    double before = Double.NaN;
    double loss = Double.NaN;
    for (MetricsLine line : dev) {
      double here = measure.of(line);
      if (!(here <= value)) { // or it was not written down, by an earlier build
        return loss + (line.loss() - loss) * (value - before) / (here - before);
      }
      before = here;
      loss = line.loss();
    }
    return loss;
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
