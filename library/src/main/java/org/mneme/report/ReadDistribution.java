package org.mneme.report;

import java.util.Arrays;
import java.util.stream.IntStream;

/// How the reads of a layer or a head spread over its slots, the most read slots first.
///
/// @param slots how many there are
/// @param slotShare shares of all slots, ascending, in (0, 1]
/// @param readShare the share of all reads that these slots hold
/// @param gini 0: all slots alike, towards 1: one slot has it all
/// @param top50 how many slots hold half of the reads; `top90` and `top99` accordingly
public record ReadDistribution(
    String label,
    long slots,
    double[] slotShare,
    double[] readShare,
    double gini,
    long top50,
    long top90,
    long top99) {
  /// Points of a curve.
  private static final int POINTS = 160;

  /// The distribution of `mass`, which holds the reads (or their weights) of each slot in any
  /// order.
  public static ReadDistribution of(String label, double[] mass) {
    int slots = mass.length;
    double[] ascending = mass.clone();
    Arrays.sort(ascending);
    double total = Arrays.stream(ascending).sum();
    if (!(total > 0)) {
      return new ReadDistribution(label, slots, new double[0], new double[0], Double.NaN, 0, 0, 0);
    }
    double[] cumulative = Arrays.stream(ascending).map(value -> value / total).toArray();
    Arrays.parallelPrefix(cumulative, Double::sum);
    int[] ranks = ranks(slots);
    return new ReadDistribution(
        label,
        slots,
        Arrays.stream(ranks).mapToDouble(rank -> rank / (double) slots).toArray(),
        Arrays.stream(ranks).mapToDouble(rank -> ofMostRead(cumulative, rank)).toArray(),
        1 - 2 * Arrays.stream(cumulative).sum() / slots,
        slots - firstAtLeast(cumulative, 0.5),
        slots - firstAtLeast(cumulative, 0.1),
        slots - firstAtLeast(cumulative, 0.01));
  }

  /// Ranks from 1 to `slots`, evenly spaced in their logarithms.
  private static int[] ranks(int slots) {
    return IntStream.rangeClosed(0, POINTS)
        .map(i -> (int) Math.rint(Math.pow(slots, i / (double) POINTS)))
        .distinct()
        .toArray();
  }

  /// What the `rank` most read slots hold.
  private static double ofMostRead(double[] cumulative, int rank) {
    return rank == cumulative.length ? 1 : 1 - cumulative[cumulative.length - 1 - rank];
  }

  private static int firstAtLeast(double[] ascending, double bound) {
    int index = 0;
    while (index < ascending.length && ascending[index] < bound) {
      index++;
    }
    return index;
  }
}
