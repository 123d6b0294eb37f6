package org.mneme.metric;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Scores of answers that are one class among several, as scikit-learn gives them: macro and
/// weighted means are over the classes that are gold or predicted at least once.
///
/// Keeps three counts a class, however many answers there are.
public final class ClassificationScores implements Scores<ClassificationScores> {
  private final Counts[] classes;

  /// No answers yet; `classes` is how many classes there are, 1 and up. With two of them class 1 is
  /// the one that `precision`, `recall` and `f1` speak of.
  public ClassificationScores(int classes) {
    if (classes < 1) {
      throw new InvalidInputException(
          Kind.DATA, "classes", classes + " classes cannot be scored; give 1 or more");
    }
    this.classes = new Counts[classes];
    Arrays.fill(this.classes, Counts.NONE);
  }

  /// An answer, both as classes counted from 0.
  ///
  /// @throws InvalidInputException when one of them is no class
  public void add(int gold, int predicted) {
    check("gold", gold);
    check("predicted", predicted);
    if (gold == predicted) {
      classes[gold] = classes[gold].plus(Counts.of(true, true));
    } else {
      classes[gold] = classes[gold].plus(Counts.of(true, false));
      classes[predicted] = classes[predicted].plus(Counts.of(false, true));
    }
  }

  private void check(String what, int label) {
    if (label < 0 || label >= classes.length) {
      throw new InvalidInputException(
          Kind.DATA,
          what,
          "the %s class %d is not among %d; count classes from 0 and give all of them"
              .formatted(what, label, classes.length));
    }
  }

  @Override
  public void merge(ClassificationScores other) {
    if (other.classes.length != classes.length) {
      throw new InvalidInputException(
          Kind.DATA,
          "classes",
          "scores of %d classes cannot be merged with those of %d; give both the same classes"
              .formatted(classes.length, other.classes.length));
    }
    Arrays.setAll(classes, label -> classes[label].plus(other.classes[label]));
  }

  @Override
  public long examples() {
    return total().gold();
  }

  private Counts total() {
    return Arrays.stream(classes).reduce(Counts.NONE, Counts::plus);
  }

  @Override
  public Map<String, Double> figures() {
    Counts total = total();
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("accuracy", (double) total.right() / total.gold());
    if (classes.length == 2) {
      Averages.put(figures, "", classes[1]);
    }
    Averages averages =
        new Averages(
            Arrays.stream(classes)
                .filter(counts -> counts.gold() + counts.predicted() > 0)
                .toList());
    averages.putMicro(figures, "Micro");
    averages.putMacro(figures, "Macro");
    averages.putWeighted(figures, "Weighted");
    figures.put("matthews", matthews(total));
    figures.put("cohenKappa", cohenKappa(total));
    return figures;
  }

  /// R_K of Gorodkin 2004, which for two classes is Matthews' coefficient; 0 where all gold answers
  /// or all predictions are one class.
  private double matthews(Counts total) {
    double square = (double) total.gold() * total.gold();
    double both = 0;
    double gold = square;
    double predicted = square;
    for (Counts counts : classes) {
      both += (double) counts.gold() * counts.predicted();
      gold -= (double) counts.gold() * counts.gold();
      predicted -= (double) counts.predicted() * counts.predicted();
    }
    if (gold == 0 || predicted == 0) {
      return 0;
    }
    double covariance = (double) total.right() * total.gold() - both;
    return covariance / (Math.sqrt(gold) * Math.sqrt(predicted));
  }

  /// Agreement beyond that of chance; NaN where gold answers and predictions are all the same
  /// class.
  private double cohenKappa(Counts total) {
    double byChance = 0;
    for (Counts counts : classes) {
      byChance += (double) counts.gold() * counts.predicted();
    }
    double wrong = total.gold() - total.right();
    return 1 - wrong / (total.gold() - byChance / total.gold());
  }
}
