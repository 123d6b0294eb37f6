package org.mneme.benchmarks.peers;

import java.util.LinkedHashMap;
import java.util.Map;

/// Times the stages of one round, one after the other, from its making on.
final class Clock {
  private static final double NANOS_PER_MS = 1e6;

  private final Map<String, Double> stages = new LinkedHashMap<>();
  private long last = System.nanoTime();

  /// Ends a stage.
  void stage(String name) {
    long now = System.nanoTime();
    stages.put(name, (now - last) / NANOS_PER_MS);
    last = now;
  }

  /// Starts the next stage now: what was done since the last one does not count.
  void skip() {
    last = System.nanoTime();
  }

  Round round() {
    return new Round(stages.values().stream().mapToDouble(ms -> ms).sum(), stages);
  }
}
