package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;

class MultiLabelScoresTest {
  private static Map<String, Double> figures(int[][] gold, int[][] predicted) {
    var scores = new MultiLabelScores(gold[0].length);
    for (int i = 0; i < gold.length; i++) {
      scores.add(booleans(gold[i]), booleans(predicted[i]));
    }
    return scores.figures();
  }

  private static boolean[] booleans(int[] values) {
    boolean[] booleans = new boolean[values.length];
    for (int i = 0; i < values.length; i++) {
      booleans[i] = values[i] == 1;
    }
    return booleans;
  }

  /// The examples in the documentation of scikit-learn; what it does not print there is what its
  /// version 1.9 gives.
  @Test
  void scikitLearnsExamplesComeOut() {
    var subset = figures(new int[][] {{0, 1}, {1, 1}}, new int[][] {{1, 1}, {1, 1}});
    assertEquals(0.5, subset.get("subsetAccuracy"));

    var figures =
        figures(
            new int[][] {{0, 0, 0}, {1, 1, 1}, {0, 1, 1}},
            new int[][] {{0, 0, 0}, {1, 1, 1}, {1, 1, 0}});
    assertEquals(2.0 / 3, figures.get("subsetAccuracy"), 1e-12);
    assertEquals(0.8, figures.get("f1Micro"), 1e-12);
    assertEquals((0.66666667 + 1 + 0.66666667) / 3, figures.get("f1Macro"), 1e-8);
    assertEquals(0.8, figures.get("f1Weighted"), 1e-12);
    assertEquals(0.9, figures.get("precisionWeighted"), 1e-12);
    assertEquals(0.5, figures.get("f1Samples"), 1e-12); // one without labels counts 0
  }

  @Test
  void labelsAndSamplesWithoutAnythingCountZero() {
    var figures = figures(new int[][] {{0, 0}, {0, 0}}, new int[][] {{0, 0}, {1, 0}});
    assertEquals(0.5, figures.get("subsetAccuracy"));
    figures.remove("subsetAccuracy");
    figures.forEach((name, value) -> assertEquals(0, value, name));
  }

  @Test
  void figuresAreThoseOfBruteForce() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      int samples = 1 + random.nextInt(20);
      int labels = 1 + random.nextInt(5);
      int[][] gold = new int[samples][];
      int[][] predicted = new int[samples][];
      for (int i = 0; i < samples; i++) {
        gold[i] = random.ints(labels, 0, 2).toArray();
        predicted[i] = random.ints(labels, 0, 2).toArray();
      }
      var figures = figures(gold, predicted);
      assertEquals(meanF1(gold, predicted), figures.get("f1Samples"), 1e-12);
      assertEquals(meanF1(transposed(gold), transposed(predicted)), figures.get("f1Macro"), 1e-12);
    }
  }

  private static double meanF1(int[][] gold, int[][] predicted) {
    double sum = 0;
    for (int row = 0; row < gold.length; row++) {
      double both = 0;
      double either = 0;
      for (int i = 0; i < gold[row].length; i++) {
        both += gold[row][i] * predicted[row][i];
        either += gold[row][i] + predicted[row][i];
      }
      sum += either == 0 ? 0 : 2 * both / either;
    }
    return sum / gold.length;
  }

  private static int[][] transposed(int[][] rows) {
    int[][] columns = new int[rows[0].length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[0].length; j++) {
        columns[j][i] = rows[i][j];
      }
    }
    return columns;
  }

  @Test
  void anAnswerAboutOtherLabelsIsAnError() {
    var scores = new MultiLabelScores(3);
    var error =
        assertThrows(InvalidInputException.class, () -> scores.add(new boolean[3], new boolean[4]));
    assertEquals(
        "the predicted answer speaks of 4 labels, not of 3; give one element for each label",
        error.getMessage());
    var other = new MultiLabelScores(2);
    assertThrows(InvalidInputException.class, () -> scores.merge(other));
  }
}
