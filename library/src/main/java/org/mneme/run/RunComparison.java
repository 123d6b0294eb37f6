package org.mneme.run;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mneme.run.RunFigures.Measure;

/// Runs side by side: the settings in which they differ, and what each had come to.
///
/// @param runs in the order in which they were given; all lists follow it
/// @param settings that are not the same in all of them
/// @param last at their ends
/// @param best at their lowest loss on held-out text
/// @param equalSteps when each had taken as many steps as the shortest
/// @param equalSeconds when each had trained as long as the shortest
/// @param equalTokens when each had read as many tokens as the shortest
public record RunComparison(
    List<RunSummary> runs,
    List<Setting> settings,
    List<@Nullable RunFigures> last,
    List<@Nullable RunFigures> best,
    Point equalSteps,
    Point equalSeconds,
    Point equalTokens) {

  /// A setting.
  ///
  /// @param values absent where a run has no such setting
  public record Setting(String key, List<@Nullable String> values) {}

  /// A point that all runs came to.
  ///
  /// @param at in steps, seconds or tokens
  public record Point(double at, List<@Nullable RunFigures> runs) {}

  /// Compares what is there now.
  public static RunComparison of(List<RunRecord> runs) {
    List<@Nullable RunFigures> last = new ArrayList<>();
    List<@Nullable RunFigures> best = new ArrayList<>();
    for (RunRecord run : runs) {
      last.add(RunFigures.at(run, Measure.STEPS, Double.MAX_VALUE));
      best.add(run.best().map(line -> RunFigures.at(run, Measure.STEPS, line.step())).orElse(null));
    }
    return new RunComparison(
        runs.stream().map(RunSummary::of).toList(),
        differences(runs),
        last,
        best,
        point(runs, Measure.STEPS),
        point(runs, Measure.SECONDS),
        point(runs, Measure.TOKENS));
  }

  private static Point point(List<RunRecord> runs, Measure measure) {
    double at = runs.stream().mapToDouble(measure::reach).min().orElse(0);
    List<@Nullable RunFigures> figures = new ArrayList<>();
    runs.forEach(run -> figures.add(RunFigures.at(run, measure, at)));
    return new Point(at, figures);
  }

  private static List<Setting> differences(List<RunRecord> runs) {
    Set<String> keys = new LinkedHashSet<>();
    runs.forEach(run -> keys.addAll(run.settings().keySet()));
    List<Setting> differences = new ArrayList<>();
    for (String key : keys) {
      List<@Nullable String> values = new ArrayList<>();
      runs.forEach(run -> values.add(run.settings().get(key)));
      if (values.stream().anyMatch(value -> !Objects.equals(value, values.getFirst()))) {
        differences.add(new Setting(key, values));
      }
    }
    return differences;
  }
}
