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
    double[] shares = new double[amounts.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = sum == 0 ? 0 : amounts[i] / sum;
    }
    Arrays.sort(shares);
    double[] held = shares.clone(); // held[i]: by the lightest i + 1 slots
    for (int i = 1; i < held.length; i++) {
      held[i] += held[i - 1];
    }
    boolean nothing = sum == 0;
    return new Spread(
        (double) Arrays.stream(amounts).filter(amount -> amount != 0).count() / amounts.length,
        nothing ? 0 : divergence(shares),
        nothing ? 0 : 1 - 2 * Arrays.stream(held).sum() / held.length,
        nothing ? 0 : slotsAbove(held, 0.5),
        nothing ? 0 : slotsAbove(held, 0.1),
        nothing ? 0 : slotsAbove(held, 0.01),
        nothing ? List.of() : massByRank(held));
  }

  private static double divergence(double[] shares) {
    double sum = Math.log(shares.length);
    for (double share : shares) {
      sum += share > 0 ? share * Math.log(share) : 0;
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

  private static List<RankMass> massByRank(double[] held) {
    List<RankMass> ranks = new ArrayList<>();
    for (long rank = 1; rank < held.length; rank *= 2) {
      ranks.add(new RankMass(rank, 1 - held[(int) (held.length - 1 - rank)]));
    }
    ranks.add(new RankMass(held.length, 1));
    return ranks;
  }
}
