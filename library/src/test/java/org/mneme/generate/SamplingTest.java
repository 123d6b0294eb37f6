package org.mneme.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;

class SamplingTest {
  private static final int DRAWS = 20_000;

  /// Logarithms of 0.5, 0.3, 0.15, 0.05 plus a number.
  private static float[] scores() {
    return new float[] {
      (float) Math.log(0.15) + 2,
      (float) Math.log(0.5) + 2,
      (float) Math.log(0.05) + 2,
      (float) Math.log(0.3) + 2
    };
  }

  private static TreeMap<Integer, Integer> drawn(Sampling sampling) {
    TreeMap<Integer, Integer> counts = new TreeMap<>();
    for (int i = 0; i < DRAWS; i++) {
      counts.merge(sampling.choose(scores(), new BitSet(), 0, i), 1, Integer::sum);
    }
    return counts;
  }

  /// Shares of tokens 1, 3, 0 and 2, the best first.
  @ParameterizedTest
  @CsvSource({
    "1, 0, 1, 0, 0.5, 0.3, 0.15, 0.05",
    "1, 2, 1, 0, 0.625, 0.375, 0, 0",
    "1, 9, 1, 0, 0.5, 0.3, 0.15, 0.05",
    "1, 0, 0.79, 0, 0.625, 0.375, 0, 0",
    "1, 0, 0.81, 0, 0.5263, 0.3158, 0.1579, 0",
    "1, 0, 0.01, 0, 1, 0, 0, 0",
    "1, 3, 0.8, 0, 0.625, 0.375, 0, 0",
    "1, 0, 1, 0.29, 0.5263, 0.3158, 0.1579, 0",
    "1, 0, 1, 0.31, 0.625, 0.375, 0, 0",
    "0.5, 0, 1, 0, 0.6849, 0.2466, 0.0616, 0.0068",
    "0, 0, 1, 0, 1, 0, 0, 0"
  })
  void tokensAreDrawnByTheirShares(
      double temperature,
      int topK,
      double topP,
      double minP,
      double a,
      double b,
      double c,
      double d) {
    var counts = drawn(new Sampling(temperature, topK, topP, minP, 1, 7));
    int[] order = {1, 3, 0, 2};
    double[] shares = {a, b, c, d};
    for (int i = 0; i < shares.length; i++) {
      double share = counts.getOrDefault(order[i], 0) / (double) DRAWS;
      assertEquals(shares[i], share, shares[i] == 0 ? 0 : 0.015, "place " + i);
    }
  }

  @Test
  void theSameSeedDrawsTheSame() {
    Sampling one = new Sampling(1, 0, 1, 0, 1, 7);
    Sampling other = new Sampling(1, 0, 1, 0, 1, 8);
    int same = 0;
    for (int i = 0; i < 100; i++) {
      int token = one.choose(scores(), new BitSet(), 3, i);
      assertEquals(token, one.choose(scores(), new BitSet(), 3, i));
      same += token == other.choose(scores(), new BitSet(), 3, i) ? 1 : 0;
    }
    assertEquals(true, same < 60, same + " of 100");
  }

  @Test
  void tokensThatWereThereAreLessLikely() {
    BitSet seen = new BitSet();
    seen.set(1);
    Sampling sampling = new Sampling(0, 0, 1, 0, 2, 0);
    assertEquals(3, sampling.choose(scores(), seen, 0));
    float[] negative = {-3, -1, -4, -1.9f};
    assertEquals(3, sampling.choose(negative, seen, 0));
    assertEquals(-2, negative[1]);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, 1, 0, 1, temperature",
    "NaN, 0, 1, 0, 1, temperature",
    "1, -1, 1, 0, 1, topK",
    "1, 0, 0, 0, 1, topP",
    "1, 0, 1.1, 0, 1, topP",
    "1, 0, 1, 2, 1, minP",
    "1, 0, 1, 0, 0, repetitionPenalty"
  })
  void whatIsOutOfRangeIsTold(
      double temperature, int topK, double topP, double minP, double penalty, String key) {
    var problem =
        assertThrows(
            InvalidInputException.class,
            () -> new Sampling(temperature, topK, topP, minP, penalty, 0));
    assertEquals(key, problem.key());
  }
}
