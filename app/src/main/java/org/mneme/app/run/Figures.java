package org.mneme.app.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mneme.train.ObjectiveConfig;

/// Figures by name, for people.
public final class Figures {
  private Figures() {}

  /// Those that are called so, as far as they are there, such as `accuracy 0.9083 loss 0.3412`.
  public static String inALine(Map<String, Double> figures, List<String> names) {
    return names.stream()
        .filter(figures::containsKey)
        .map(name -> String.format(Locale.ROOT, "%s %.4f", name, figures.get(name)))
        .collect(Collectors.joining("  "));
  }

  /// The figures of an evaluation that are worth a line.
  static List<String> quoted(ObjectiveConfig objective) {
    return switch (objective) {
      case ObjectiveConfig.Masked _, ObjectiveConfig.Causal _ ->
          List.of("loss", "perplexity", "accuracy");
      case ObjectiveConfig.Facts _ -> List.of("accuracy", "exact", "loss", "other.loss");
      case ObjectiveConfig.Task task -> task.task().quoted();
    };
  }

  /// As JSON has them, which knows no NaN: null.
  public static Map<String, @Nullable Double> defined(Map<String, Double> figures) {
    Map<String, @Nullable Double> defined = new LinkedHashMap<>();
    figures.forEach((name, value) -> defined.put(name, Double.isFinite(value) ? value : null));
    return defined;
  }
}
