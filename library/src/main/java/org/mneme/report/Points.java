package org.mneme.report;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// A [Series] in pixels, thinned to what the eye can tell apart, with its gaps.
///
/// @param path a line through neighbouring points
/// @param dots a dot at each point
/// @param lonely dots for points without neighbour, which a line would not show
record Points(String path, String dots, String lonely) {
  /// Points that a line may have; beyond it, each stretch keeps its first, lowest, highest and
  /// last.
  private static final int MOST = 700;

  /// The points of `series` on these scales.
  static Points of(Series series, Scale x, Scale y) {
    int[] kept = thinned(series, x, y);
    StringBuilder path = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    StringBuilder lonely = new StringBuilder();
    for (int k = 0; k < kept.length; k++) {
      int i = kept[k];
      if (!shows(series, i, x, y)) {
        continue;
      }
      boolean before = k > 0 && shows(series, kept[k - 1], x, y);
      boolean after = k + 1 < kept.length && shows(series, kept[k + 1], x, y);
      String at = Canvas.n(x.at(series.x()[i])) + " " + Canvas.n(y.at(series.y()[i]));
      if (before || after) {
        path.append(before ? 'L' : 'M').append(at);
      } else {
        lonely.append('M').append(at).append("h0");
      }
      dots.append('M').append(at).append("h0");
    }
    return new Points(path.toString(), dots.toString(), lonely.toString());
  }

  /// Where the series ends, in pixels; NaN when it has no point.
  static double[] last(Series series, Scale x, Scale y) {
    for (int i = series.x().length - 1; i >= 0; i--) {
      if (shows(series, i, x, y)) {
        double high = Math.min(y.start(), y.end());
        double low = Math.max(y.start(), y.end());
        return new double[] {x.at(series.x()[i]), Math.clamp(y.at(series.y()[i]), high, low)};
      }
    }
    return new double[] {Double.NaN, Double.NaN};
  }

  private static boolean shows(Series series, int i, Scale x, Scale y) {
    return x.shows(series.x()[i]) && y.shows(series.y()[i]);
  }

  private static int[] thinned(Series series, Scale x, Scale y) {
    int n = series.x().length;
    if (n <= MOST) {
      return IntStream.range(0, n).toArray();
    }
    int stretches = MOST / 4;
    SortedSet<Integer> kept = new TreeSet<>();
    for (int s = 0; s < stretches; s++) {
      int from = (int) ((long) s * n / stretches);
      int to = (int) ((long) (s + 1) * n / stretches);
      int low = from;
      int high = from;
      for (int i = from; i < to; i++) {
        if (!shows(series, i, x, y)) {
          kept.add(i);
          continue;
        }
        low = !shows(series, low, x, y) || series.y()[i] < series.y()[low] ? i : low;
        high = !shows(series, high, x, y) || series.y()[i] > series.y()[high] ? i : high;
      }
      kept.addAll(List.of(from, low, high, to - 1));
    }
    return kept.stream().mapToInt(Integer::intValue).toArray();
  }
}
