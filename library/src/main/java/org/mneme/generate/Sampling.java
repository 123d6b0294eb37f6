package org.mneme.generate;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Randomness;

/// How the next token is drawn from the scores of all: in this order a repetition penalty, the
/// temperature, the `topK` best, the nucleus of `topP`, and what is at least `minP` of the best.
///
/// @param temperature scores are divided by it; 0 takes the best token
/// @param topK how many of the best may be drawn, 0 for all (Fan et al. 2018)
/// @param topP the fewest of the best whose probabilities add up to it may be drawn, in (0, 1]
///   (Holtzman et al. 2020)
/// @param minP what is less than this share of the best's probability is not drawn, in [0, 1]
///   (Nguyen et al. 2024)
/// @param repetitionPenalty scores of tokens that were there before are divided by it where they
///   are above 0, else multiplied by it; above 0, 1 for none (Keskar et al. 2019)
/// @param seed the same seed draws the same
public record Sampling(
    double temperature, int topK, double topP, double minP, double repetitionPenalty, long seed) {
  /// The best token each time.
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, 0);

  /// Checks ranges.
  public Sampling {
    require("temperature", temperature, temperature >= 0, "0 or more");
    require("topK", topK, topK >= 0, "0 or more");
    require("topP", topP, topP > 0 && topP <= 1, "in (0, 1]");
    require("minP", minP, minP >= 0 && minP <= 1, "in [0, 1]");
    require("repetitionPenalty", repetitionPenalty, repetitionPenalty > 0, "above 0");
  }

  private static void require(String key, double value, boolean fits, String range) {
    if (!fits || !Double.isFinite(value)) {
      throw InvalidInputException.config(key, value + " must be " + range);
    }
  }

  /// The next token.
  ///
  /// @param scores of all tokens; changed
  /// @param seen tokens that were there before
  /// @param place what draws apart: which sample, which token
  int choose(float[] scores, BitSet seen, long... place) {
    if (repetitionPenalty != 1) {
      seen.stream()
          .filter(token -> token < scores.length)
          .forEach(token ->
              scores[token] =
                  (float)
                      (scores[token] > 0
                          ? scores[token] / repetitionPenalty
                          : scores[token] * repetitionPenalty));
    }
    int best = best(scores);
    if (temperature == 0) {
      return best;
    }
    double[] weights = new double[scores.length];
    Arrays.setAll(weights, token -> Math.exp((scores[token] - scores[best]) / temperature));
    double draw = (Randomness.derive(seed, place) >>> 11) * 0x1p-53; // in [0, 1)
    boolean cuts = (topK > 0 && topK < scores.length) || topP < 1 || minP > 0;
    return cuts ? draw(candidates(weights), weights, draw) : draw(all(weights), weights, draw);
  }

  private static int best(float[] scores) {
    int best = 0;
    for (int token = 1; token < scores.length; token++) {
      if (scores[token] > scores[best]) {
        best = token;
      }
    }
    return best;
  }

  private static int[] all(double[] weights) {
    return IntStream.range(0, weights.length).toArray();
  }

  /// The tokens that may be drawn, the best first.
  private int[] candidates(double[] weights) {
    double sum = Arrays.stream(weights).sum();
    // all that weigh less come to less than what the nucleus leaves out
    double least = topK > 0 ? 0 : (1 - topP) * sum / weights.length;
    int[] sorted =
        IntStream.range(0, weights.length)
            .filter(token -> weights[token] >= least && weights[token] >= minP)
            .boxed()
            .sorted((a, b) -> Double.compare(weights[b], weights[a]))
            .mapToInt(Integer::intValue)
            .toArray();
    int count = topK > 0 ? Math.min(topK, sorted.length) : sorted.length;
    if (topP < 1) {
      double all =
          topK > 0 ? IntStream.range(0, count).mapToDouble(i -> weights[sorted[i]]).sum() : sum;
      double nucleus = 0;
      int taken = 0;
      while (taken < count && (taken == 0 || nucleus < topP * all)) {
        nucleus += weights[sorted[taken++]];
      }
      count = taken;
    }
    return Arrays.copyOf(sorted, count);
  }

  private static int draw(int[] tokens, double[] weights, double draw) {
    double left = draw * Arrays.stream(tokens).mapToDouble(token -> weights[token]).sum();
    for (int token : tokens) {
      left -= weights[token];
      if (left < 0) {
        return token;
      }
    }
    return tokens[0]; // rounding left something over
  }
}
