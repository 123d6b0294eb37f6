package org.mneme.report;

import java.util.Arrays;

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
    double[] cumulative = mass.clone();
    Arrays.sort(cumulative);
    for (int i = 0; i < slots / 2; i++) {
      double swapped = cumulative[i];
      cumulative[i] = cumulative[slots - 1 - i];
      cumulative[slots - 1 - i] = swapped;
    }
    Arrays.parallelPrefix(cumulative, Double::sum);
    double total = slots == 0 ? 0 : cumulative[slots - 1];
    if (!(total > 0)) {
      return new ReadDistribution(label, slots, new double[0], new double[0], Double.NaN, 0, 0, 0);
    }
    double sum = 0;
    for (int i = 0; i < slots; i++) {
      cumulative[i] /= total;
      sum += i + 1 < slots ? 1 - cumulative[i] : 0;
    }
    int[] ranks = ranks(slots);
    return new ReadDistribution(
        label,
        slots,
        Arrays.stream(ranks).mapToDouble(rank -> rank / (double) slots).toArray(),
        Arrays.stream(ranks).mapToDouble(rank -> cumulative[rank - 1]).toArray(),
        1 - 2 * (sum + 1) / slots,
        holding(cumulative, 0.5),
        holding(cumulative, 0.9),
        holding(cumulative, 0.99));
  }

  /// Ranks from 1 to `slots`, evenly spaced in their logarithms.
  private static int[] ranks(int slots) {
    return java.util.stream.IntStream.rangeClosed(0, POINTS)
        .map(i -> (int) Math.rint(Math.pow(slots, i / (double) POINTS)))
        .distinct()
        .toArray();
  }

  /// How many of the most read slots it takes to hold `share` of the reads.
  private static long holding(double[] cumulative, double share) {
    for (int i = 0; i < cumulative.length; i++) {
      if (cumulative[i] >= share * (1 - 1e-12)) {
        return i + 1L;
      }
    }
    return cumulative.length;
  }
}
