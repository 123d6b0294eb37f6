package org.mneme.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How evenly an amount, such as the weight read, is spread over the slots. Where there is nothing
/// to spread, all figures are 0.
///
/// @param used share of the slots with an amount other than 0
/// @param kl divergence from an even spread in nats: 0 if even, `ln(slots)` if all is in one slot
/// @param gini Gini coefficient as the memory papers' code computes it: about 0 if even, 1 if all
///   is in one slot
/// @param top50 heaviest slots that together hold half of the amount
/// @param top90 heaviest slots that together hold 90 %
/// @param top99 heaviest slots that together hold 99 %
/// @param massByRank share that the heaviest 1, 2, 4 ... and all slots hold
public record Spread(
    double used,
    double kl,
    double gini,
    long top50,
    long top90,
    long top99,
    List<RankMass> massByRank) {

  /// Copies the list.
  public Spread {
    massByRank = List.copyOf(massByRank);
  }

  /// The share `mass` (0 to 1) of the amount that the heaviest `rank` slots hold.
  public record RankMass(long rank, double mass) {}

  /// The spread of these amounts, none of them negative, one for each slot.
  public static Spread of(double[] amounts) {
    double sum = Arrays.stream(amounts).sum();
    double[] shares =
        Arrays.stream(amounts).filter(amount -> amount != 0).map(amount -> amount / sum).toArray();
    if (shares.length == 0) {
      return new Spread(0, 0, 0, 0, 0, 0, List.of());
    }
    Arrays.parallelSort(shares);
    double kl = divergence(shares, amounts.length);
    double[] held = shares; // held[i]: by the lightest i + 1 of the slots that have something
    for (int i = 1; i < held.length; i++) {
      held[i] += held[i - 1];
    }
    return new Spread(
        (double) held.length / amounts.length,
        kl,
        1 - 2 * Arrays.stream(held).sum() / amounts.length,
        slotsAbove(held, 0.5),
        slotsAbove(held, 0.1),
        slotsAbove(held, 0.01),
        massByRank(held, amounts.length));
  }

  private static double divergence(double[] shares, int slots) {
    double sum = Math.log(slots);
    for (double share : shares) {
      sum += share * Math.log(share);
    }
    return sum;
  }

  /// The heaviest slots that are left once the lightest hold just under `share`.
  private static long slotsAbove(double[] held, double share) {
    int lightest = 0;
    while (lightest < held.length && held[lightest] < share) {
      lightest++;
    }
    return (long) held.length - lightest;
  }

  private static List<RankMass> massByRank(double[] held, int slots) {
    List<RankMass> ranks = new ArrayList<>();
    for (long rank = 1; rank < slots; rank *= 2) {
      int lighter = (int) (held.length - 1 - rank);
      ranks.add(new RankMass(rank, lighter < 0 ? 1 : 1 - held[lighter]));
    }
    ranks.add(new RankMass(slots, 1));
    return ranks;
  }
}
