package org.mneme.app.teach;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.mneme.run.RunConfig;

/// What is to be taught and measured.
///
/// @param config of the run that teaches, memory included
/// @param valueRate its rate of values
/// @param compared further runs for the same time, each from the same model
/// @param otherFacts facts that are not taught, null for those that come with Mneme
/// @param otherText text of another kind, null for what comes with Mneme
public record TeachPlan(
    RunConfig config,
    double valueRate,
    List<Point> compared,
    @Nullable Path otherFacts,
    @Nullable Path otherText) {
  /// Copies the list.
  public TeachPlan {
    compared = List.copyOf(compared);
  }

  /// How facts are taught.
  public enum Method {
    /// A memory beside the feed-forward of one block; the rate is that of its values.
    MEMORY,
    /// Low-rank adapters on all projections of that block and those above (Hu et al. 2021).
    ADAPTERS;

    /// As options and pages have it.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// A run to compare with.
  public record Point(Method method, double rate, RunConfig config) {
    /// The name of its folder.
    String folder() {
      return method + "-" + written(rate);
    }
  }

  /// A rate in figures, such as 0.0005.
  static String written(double rate) {
    return BigDecimal.valueOf(rate).stripTrailingZeros().toPlainString();
  }
}
