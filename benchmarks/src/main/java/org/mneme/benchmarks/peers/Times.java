package org.mneme.benchmarks.peers;

import java.util.Arrays;
import java.util.List;

/// What the timed rounds of one side took.
///
/// @param ms of each round, in order
record Times(List<Double> ms) {
  private static final double[] QUARTILES = {0.25, 0.5, 0.75};

  /// The middle one.
  double median() {
    return quantile(ms.stream().mapToDouble(one -> one).toArray(), 0.5);
  }

  /// The shortest.
  double least() {
    return quantile(ms.stream().mapToDouble(one -> one).toArray(), 0);
  }

  /// Quartiles of `peer`'s rounds by those of this that ran in the same turn.
  double[] ratioQuartiles(Times peer) {
    double[] ratios = new double[Math.min(ms.size(), peer.ms.size())];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = peer.ms.get(i) / ms.get(i);
    }
    return Arrays.stream(QUARTILES).map(share -> quantile(ratios, share)).toArray();
  }

  /// The value below which a share of the values lies, interpolated between neighbours.
  private static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
