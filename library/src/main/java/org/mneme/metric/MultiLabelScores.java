package org.mneme.metric;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Scores of answers that say yes or no to each of several labels, as scikit-learn gives them:
/// macro means are over all labels, seen or not.
public final class MultiLabelScores implements Scores<MultiLabelScores> {
  private final Counts[] labels;
  private final FractionSum sampleF1 = new FractionSum();
  private long examples;
  private long equal;

  /// No answers yet; `labels` is how many labels there are, 1 and up.
  public MultiLabelScores(int labels) {
    if (labels < 1) {
      throw new InvalidInputException(
          Kind.DATA, "labels", labels + " labels cannot be scored; give 1 or more");
    }
    this.labels = new Counts[labels];
    Arrays.fill(this.labels, Counts.NONE);
  }

  /// An answer, both with an element for each label.
  ///
  /// @throws InvalidInputException when one of them has more or fewer elements
  public void add(boolean[] gold, boolean[] predicted) {
    check("gold", gold);
    check("predicted", predicted);
    Counts sample = Counts.NONE;
    for (int label = 0; label < labels.length; label++) {
      Counts counts = Counts.of(gold[label], predicted[label]);
      labels[label] = labels[label].plus(counts);
      sample = sample.plus(counts);
    }
    sampleF1.add(2 * sample.right(), sample.gold() + sample.predicted());
    equal += Arrays.equals(gold, predicted) ? 1 : 0;
    examples++;
  }

  private void check(String what, boolean[] answer) {
    if (answer.length != labels.length) {
      throw new InvalidInputException(
          Kind.DATA,
          what,
          "the %s answer speaks of %d labels, not of %d; give one element for each label"
              .formatted(what, answer.length, labels.length));
    }
  }

  @Override
  public void merge(MultiLabelScores other) {
    if (other.labels.length != labels.length) {
      throw new InvalidInputException(
          Kind.DATA,
          "labels",
          "scores of %d labels cannot be merged with those of %d; give both the same labels"
              .formatted(labels.length, other.labels.length));
    }
    Arrays.setAll(labels, label -> labels[label].plus(other.labels[label]));
    sampleF1.merge(other.sampleF1);
    equal += other.equal;
    examples += other.examples;
  }

  @Override
  public long examples() {
    return examples;
  }

  @Override
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("subsetAccuracy", (double) equal / examples);
    Averages averages = new Averages(labels);
    averages.putMicro(figures, "Micro");
    averages.putMacro(figures, "Macro");
    averages.putWeighted(figures, "Weighted");
    figures.put("f1Samples", sampleF1.value() / examples);
    return figures;
  }
}
