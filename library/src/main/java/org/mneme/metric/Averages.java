package org.mneme.metric;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// Precision, recall and F1 over several classes, averaged in the three usual ways.
record Averages(List<Counts> classes) {
  Averages(Collection<Counts> classes) {
    this(List.copyOf(classes));
  }

  Averages(Counts[] classes) {
    this(Arrays.asList(classes));
  }

  /// Of the classes' counts together.
  void putMicro(Map<String, Double> figures, String suffix) {
    put(figures, suffix, classes.stream().reduce(Counts.NONE, Counts::plus));
  }

  /// All classes weigh the same; NaN without classes.
  void putMacro(Map<String, Double> figures, String suffix) {
    putMeans(figures, suffix, counts -> 1);
  }

  /// Classes weigh as often as they are gold; 0 where none ever is.
  void putWeighted(Map<String, Double> figures, String suffix) {
    boolean none = classes.stream().allMatch(counts -> counts.gold() == 0);
    if (none) {
      put(figures, suffix, Counts.NONE);
    } else {
      putMeans(figures, suffix, Counts::gold);
    }
  }

  /// Those of one class.
  static void put(Map<String, Double> figures, String suffix, Counts counts) {
    figures.put("precision" + suffix, counts.precision());
    figures.put("recall" + suffix, counts.recall());
    figures.put("f1" + suffix, counts.f1());
  }

  private void putMeans(
      Map<String, Double> figures, String suffix, ToDoubleFunction<Counts> weight) {
    figures.put("precision" + suffix, mean(Counts::precision, weight));
    figures.put("recall" + suffix, mean(Counts::recall, weight));
    figures.put("f1" + suffix, mean(Counts::f1, weight));
  }

  private double mean(ToDoubleFunction<Counts> figure, ToDoubleFunction<Counts> weight) {
    double sum = 0;
    double weights = 0;
    for (Counts counts : classes) {
      sum += weight.applyAsDouble(counts) * figure.applyAsDouble(counts);
      weights += weight.applyAsDouble(counts);
    }
    return sum / weights;
  }
}
