package org.mneme.metric;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Scores of answers that are numbers.
///
/// Keeps all pairs, since ranks need them, and sorts them for its figures: that makes these the
/// same in any order.
public final class RegressionScores implements Scores<RegressionScores> {
  private final List<Pair> pairs = new ArrayList<>();

  private record Pair(double gold, double predicted) {
    static final Comparator<Pair> ORDER =
        Comparator.comparingDouble(Pair::gold).thenComparingDouble(Pair::predicted);

    double error() {
      return predicted - gold;
    }
  }

  /// An answer. A prediction that is NaN makes all figures NaN.
  ///
  /// @throws InvalidInputException when the gold one is not finite
  public void add(double gold, double predicted) {
    if (!Double.isFinite(gold)) {
      throw new InvalidInputException(
          Kind.DATA, "gold", "the gold number is " + gold + "; give a finite one");
    }
    pairs.add(new Pair(gold + 0.0, predicted + 0.0)); // -0 becomes 0, which it is tied with
  }

  @Override
  public void merge(RegressionScores other) {
    pairs.addAll(other.pairs);
  }

  @Override
  public long examples() {
    return pairs.size();
  }

  @Override
  public Map<String, Double> figures() {
    pairs.sort(Pair.ORDER);
    double[] gold = all(Pair::gold);
    double[] predicted = all(Pair::predicted);
    double mse = mean(pair -> pair.error() * pair.error());
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("mse", mse);
    figures.put("rmse", Math.sqrt(mse));
    figures.put("mae", mean(pair -> Math.abs(pair.error())));
    figures.put("pearson", Correlation.pearson(gold, predicted));
    figures.put(
        "spearman", Correlation.pearson(Correlation.ranks(gold), Correlation.ranks(predicted)));
    return figures;
  }

  private double[] all(ToDoubleFunction<Pair> value) {
    return pairs.stream().mapToDouble(value).toArray();
  }

  private double mean(ToDoubleFunction<Pair> value) {
    return pairs.stream().mapToDouble(value).average().orElse(Double.NaN);
  }
}
