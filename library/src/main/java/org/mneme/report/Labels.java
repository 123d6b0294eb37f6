package org.mneme.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Keeps labels apart that want the same place.
final class Labels {
  private Labels() {}

  /// Places as near as possible to `wanted`, in the same order, at least `apart` from each other
  /// and within `min` to `max` (when all fit: otherwise they run over at the end).
  static double[] spread(double[] wanted, double apart, double min, double max) {
    int n = wanted.length;
    Integer[] order = IntStream.range(0, n).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> wanted[i]));
    // Without the distances the places only have to ascend: pool neighbours that do not, at their
    // mean.
    double[] level = new double[n];
    int[] members = new int[n];
    int pools = 0;
    for (int rank = 0; rank < n; rank++) {
      level[pools] = wanted[order[rank]] - rank * apart;
      members[pools++] = 1;
      while (pools > 1 && level[pools - 2] > level[pools - 1]) {
        int both = members[pools - 2] + members[pools - 1];
        level[pools - 2] =
            (level[pools - 2] * members[pools - 2] + level[pools - 1] * members[pools - 1]) / both;
        members[--pools - 1] = both;
      }
    }
    double last = Math.max(min, max - (n - 1) * apart);
    double[] places = new double[n];
    for (int pool = 0, rank = 0; pool < pools; pool++) {
      for (int i = 0; i < members[pool]; i++, rank++) {
        places[order[rank]] = Math.clamp(level[pool], min, last) + rank * apart;
      }
    }
    return places;
  }
}
