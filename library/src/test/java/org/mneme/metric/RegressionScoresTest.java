package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;

class RegressionScoresTest {
  private static Map<String, Double> figures(double[] gold, double[] predicted) {
    var scores = new RegressionScores();
    for (int i = 0; i < gold.length; i++) {
      scores.add(gold[i], predicted[i]);
    }
    return scores.figures();
  }

  /// The examples in the documentation of scikit-learn and scipy.
  @Test
  void publishedExamplesComeOut() {
    var errors = figures(new double[] {3, -0.5, 2, 7}, new double[] {2.5, 0, 2, 8});
    assertEquals(0.375, errors.get("mse"), 1e-15);
    assertEquals(0.612, errors.get("rmse"), 5e-4);
    assertEquals(0.5, errors.get("mae"), 1e-15);

    var pearson =
        figures(new double[] {1, 2, 3, 4, 5, 6, 7}, new double[] {10, 9, 2.5, 6, 4, 3, 2});
    assertEquals(-0.8285038835884277, pearson.get("pearson"), 1e-14);

    var spearman = figures(new double[] {1, 2, 3, 4, 5}, new double[] {5, 6, 7, 8, 7});
    assertEquals(0.8207826816681233, spearman.get("spearman"), 1e-14);
  }

  @Test
  void figuresAreThoseOfBruteForce() {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      int count = 3 + random.nextInt(40);
      double[] gold = random.ints(count, 0, 12).asDoubleStream().toArray(); // with ties
      double[] predicted =
          Arrays.stream(gold).map(value -> Math.rint(value + 3 * random.nextGaussian())).toArray();
      var figures = figures(gold, predicted);
      assertEquals(correlation(gold, predicted), figures.get("pearson"), 1e-12, "seed " + seed);
      assertEquals(
          correlation(ranks(gold), ranks(predicted)),
          figures.get("spearman"),
          1e-12,
          "seed " + seed);
    }
  }

  /// From sums of products; exact enough for small whole numbers.
  private static double correlation(double[] x, double[] y) {
    double n = x.length;
    double sumX = 0;
    double sumY = 0;
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (int i = 0; i < n; i++) {
      sumX += x[i];
      sumY += y[i];
      xx += x[i] * x[i];
      yy += y[i] * y[i];
      xy += x[i] * y[i];
    }
    return (n * xy - sumX * sumY)
        / (Math.sqrt(n * xx - sumX * sumX) * Math.sqrt(n * yy - sumY * sumY));
  }

  /// How many are smaller, and half of those that are equal.
  private static double[] ranks(double[] values) {
    return Arrays.stream(values)
        .map(value ->
            Arrays.stream(values).filter(other -> other < value).count()
                + (Arrays.stream(values).filter(other -> other == value).count() + 1) / 2.0)
        .toArray();
  }

  @Test
  void numbersFarFromZeroLoseNoDigits() {
    double[] gold = {1, 2, 3, 4, 5, 6, 7};
    double[] predicted = {10, 9, 2.5, 6, 4, 3, 2};
    double expected = figures(gold, predicted).get("pearson");
    double far =
        figures(
                Arrays.stream(gold).map(value -> value + 1e9).toArray(),
                Arrays.stream(predicted).map(value -> value - 1e9).toArray())
            .get("pearson");
    assertEquals(expected, far, 1e-12);
    for (double scale : new double[] {1e-200, 1e200}) {
      double[] scaled = Arrays.stream(gold).map(value -> value * scale).toArray();
      assertEquals(expected, figures(scaled, predicted).get("pearson"), 1e-12, "x " + scale);
    }
  }

  @Test
  void ranksLookAtTheOrderAlone() {
    double[] gold = {0.1, 0.7, -2, 5, 3};
    var figures = figures(gold, Arrays.stream(gold).map(Math::exp).toArray());
    assertEquals(1, figures.get("spearman"), 1e-15);
    assertTrue(figures.get("pearson") < 0.99);
    var opposite = figures(gold, Arrays.stream(gold).map(value -> -value).toArray());
    assertEquals(-1, opposite.get("spearman"), 1e-15);
    assertEquals(-1, opposite.get("pearson"), 1e-15);
  }

  @Test
  void constantNumbersHaveNoCorrelation() {
    double[] constant = {0.1, 0.1, 0.1};
    double[] other = {1, 2, 4};
    for (var figures : new Map<?, ?>[] {figures(constant, other), figures(other, constant)}) {
      assertEquals(Double.NaN, figures.get("pearson"));
      assertEquals(Double.NaN, figures.get("spearman"));
    }
    var one = figures(new double[] {1}, new double[] {2});
    assertTrue(one.get("pearson").isNaN());
    assertEquals(1, one.get("mse"));
    var zeros = figures(new double[] {0.0, -0.0, 0.0}, other);
    assertTrue(zeros.get("spearman").isNaN());
  }

  @Test
  void aPredictionThatIsNotANumberShows() {
    figures(new double[] {1, 2, 3}, new double[] {1, Double.NaN, 3})
        .forEach((name, value) -> assertTrue(value.isNaN(), name));
    var infinite = figures(new double[] {1, 2, 3}, new double[] {1, Double.POSITIVE_INFINITY, 2});
    assertEquals(0.5, infinite.get("spearman"), 1e-15);
    assertTrue(infinite.get("pearson").isNaN());
  }

  @Test
  void aGoldNumberThatIsNotFiniteIsAnError() {
    var scores = new RegressionScores();
    var error =
        assertThrows(InvalidInputException.class, () -> scores.add(Double.POSITIVE_INFINITY, 1));
    assertEquals("the gold number is Infinity; give a finite one", error.getMessage());
  }
}
