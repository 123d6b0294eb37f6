package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;

class ClassificationScoresTest {
  private static Map<String, Double> figures(int classes, int[] gold, int[] predicted) {
    var scores = new ClassificationScores(classes);
    for (int i = 0; i < gold.length; i++) {
      scores.add(gold[i], predicted[i]);
    }
    return scores.figures();
  }

  private static void assertFigure(Map<String, Double> figures, String name, double expected) {
    assertEquals(expected, figures.get(name), 1e-12, name);
  }

  /// The examples in the documentation of scikit-learn.
  @Test
  void scikitLearnsExamplesComeOut() {
    var matthews = figures(2, new int[] {1, 1, 1, 0}, new int[] {1, 0, 1, 1});
    assertEquals(-0.33, matthews.get("matthews"), 0.005);

    var kappa = figures(3, new int[] {0, 2, 0, 1, 2}, new int[] {0, 2, 0, 1, 0});
    assertFigure(kappa, "cohenKappa", 0.6875);

    var f1 = figures(3, new int[] {0, 1, 2, 0, 1, 2}, new int[] {0, 2, 1, 0, 0, 1});
    assertEquals(0.267, f1.get("f1Macro"), 0.0005);
    assertEquals(0.33, f1.get("f1Micro"), 0.005);
    assertEquals(0.267, f1.get("f1Weighted"), 0.0005);
    assertEquals(0.222, f1.get("precisionMacro"), 0.0005);
    assertEquals(0.333, f1.get("recallMacro"), 0.0005);
  }

  @Test
  void twoClassesAlsoHaveTheFiguresOfClassOne() {
    var figures = figures(2, new int[] {0, 0, 1, 1, 1, 0}, new int[] {0, 1, 1, 1, 0, 0});
    assertFigure(figures, "precision", 2.0 / 3);
    assertFigure(figures, "recall", 2.0 / 3);
    assertFigure(figures, "f1", 2.0 / 3);
    assertFalse(figures(3, new int[] {0}, new int[] {1}).containsKey("f1"));
  }

  @Test
  void classesThatNeverComeUpWeighNothing() {
    int[] gold = {0, 2, 2, 0, 2};
    int[] predicted = {0, 2, 0, 0, 2};
    var few = figures(3, gold, predicted);
    assertEquals(few, figures(40, gold, predicted));
  }

  @Test
  void aSingleClassHasNoMatthewsAndNoKappa() {
    var same = figures(3, new int[] {1, 1, 1}, new int[] {1, 1, 1});
    assertEquals(1, same.get("accuracy"));
    assertEquals(0, same.get("matthews"));
    assertTrue(same.get("cohenKappa").isNaN());

    var constant = figures(3, new int[] {0, 1, 2}, new int[] {1, 1, 1});
    assertEquals(0, constant.get("matthews"));
    assertEquals(0, constant.get("cohenKappa"), 1e-15);
  }

  /// Covariances of indicators, and means of classes, written from the definitions.
  @Test
  void figuresAreThoseOfBruteForce() {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      int classes = 2 + random.nextInt(5);
      int count = 1 + random.nextInt(40);
      int[] gold = random.ints(count, 0, classes).toArray();
      int[] predicted =
          IntStream.of(gold)
              .map(label -> random.nextInt(3) > 0 ? label : random.nextInt(classes))
              .toArray();
      var figures = figures(classes, gold, predicted);
      assertFigure(figures, "accuracy", accuracy(gold, predicted));
      assertFigure(figures, "matthews", correlation(gold, predicted));
      assertClassMeans(figures, gold, predicted);
    }
  }

  private static double accuracy(int[] gold, int[] predicted) {
    return IntStream.range(0, gold.length).filter(i -> gold[i] == predicted[i]).count()
        / (double) gold.length;
  }

  /// Covariance by both deviations; 0 where one of these is.
  private static double correlation(int[] gold, int[] predicted) {
    return covariance(gold, predicted)
        / Math.max(
            1e-300,
            Math.sqrt(covariance(gold, gold)) * Math.sqrt(covariance(predicted, predicted)));
  }

  /// The covariance of the indicators of each class, added up.
  private static double covariance(int[] x, int[] y) {
    double sum = 0;
    for (int label = 0; label < 8; label++) {
      int wanted = label;
      double meanX = IntStream.of(x).filter(value -> value == wanted).count() / (double) x.length;
      double meanY = IntStream.of(y).filter(value -> value == wanted).count() / (double) y.length;
      for (int i = 0; i < x.length; i++) {
        sum += ((x[i] == label ? 1 : 0) - meanX) * ((y[i] == label ? 1 : 0) - meanY);
      }
    }
    return Math.abs(sum) < 1e-9 ? 0 : sum;
  }

  private static void assertClassMeans(Map<String, Double> figures, int[] gold, int[] predicted) {
    List<double[]> rows = new ArrayList<>(); // precision, recall, f1, weight
    IntStream.concat(IntStream.of(gold), IntStream.of(predicted))
        .distinct()
        .forEach(label -> {
          double right = 0;
          double inGold = 0;
          double inPredicted = 0;
          for (int i = 0; i < gold.length; i++) {
            right += gold[i] == label && predicted[i] == label ? 1 : 0;
            inGold += gold[i] == label ? 1 : 0;
            inPredicted += predicted[i] == label ? 1 : 0;
          }
          double precision = right == 0 ? 0 : right / inPredicted;
          double recall = right == 0 ? 0 : right / inGold;
          double f1 = right == 0 ? 0 : 2 / (1 / precision + 1 / recall);
          rows.add(new double[] {precision, recall, f1, inGold});
        });
    List<String> names = List.of("precision", "recall", "f1");
    for (int figure = 0; figure < 3; figure++) {
      int column = figure;
      double macro = rows.stream().mapToDouble(row -> row[column]).sum() / rows.size();
      double weighted = rows.stream().mapToDouble(row -> row[column] * row[3]).sum() / gold.length;
      assertFigure(figures, names.get(figure) + "Macro", macro);
      assertFigure(figures, names.get(figure) + "Weighted", weighted);
      assertFigure(figures, names.get(figure) + "Micro", accuracy(gold, predicted));
    }
  }

  @Test
  void aClassThatThereIsNotIsAnError() {
    var scores = new ClassificationScores(3);
    var tooHigh = assertThrows(InvalidInputException.class, () -> scores.add(3, 0));
    assertEquals(
        "the gold class 3 is not among 3; count classes from 0 and give all of them",
        tooHigh.getMessage());
    assertThrows(InvalidInputException.class, () -> scores.add(0, -1));
    assertEquals(0, scores.examples());
    assertThrows(InvalidInputException.class, () -> new ClassificationScores(0));
    var other = new ClassificationScores(2);
    assertThrows(InvalidInputException.class, () -> scores.merge(other));
  }
}
