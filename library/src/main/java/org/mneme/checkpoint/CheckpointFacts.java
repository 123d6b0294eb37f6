package org.mneme.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a checkpoint says about itself.
///
/// @param step steps taken
/// @param seed of the run
/// @param configHash of the resolved settings, empty where there are none
/// @param metrics of held-out text, measured at this very step; may be empty
public record CheckpointFacts(
    long step, long seed, String configHash, Map<String, Double> metrics) {
  /// Checks ranges.
  public CheckpointFacts {
    if (step < 0) {
      throw new IllegalArgumentException("step " + step + " must be 0 or more");
    }
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }
}
