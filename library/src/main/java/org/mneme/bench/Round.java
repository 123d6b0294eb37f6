package org.mneme.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One timed run.
///
/// @param stages ms of each part, in order
public record Round(Map<String, Double> stages) {
  /// Ms from the first part to the last.
  public double ms() {
    return stages.values().stream().mapToDouble(ms -> ms).sum();
  }

  /// The median of each part by itself: they need not add up to the median of the whole.
  public static Map<String, Double> stageMedians(List<Round> rounds) {
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String stage : rounds.getFirst().stages.keySet()) {
      double[] times =
          rounds.stream().mapToDouble(round -> round.stages.getOrDefault(stage, 0.0)).toArray();
      medians.put(stage, Comparison.quantile(times, 0.5));
    }
    return medians;
  }

  /// Times the parts of a round, one after the other, from its making on.
  public static final class Clock {
    private static final double NANOS_PER_MS = 1e6;

    private final Map<String, Double> stages = new LinkedHashMap<>();
    private long last = System.nanoTime();

    /// Ends a part.
    public void stage(String name) {
      long now = System.nanoTime();
      stages.put(name, (now - last) / NANOS_PER_MS);
      last = now;
    }

    /// Starts the next part now: what was done since the last one does not count.
    public void skip() {
      last = System.nanoTime();
    }

    /// The parts so far.
    public Round round() {
      return new Round(stages);
    }
  }
}
