package org.mneme.metric;

import java.util.Map;

/// What all families have in common; each has an `add` of its own for an answer and its gold one.
///
/// Not for several threads at once: give each its own and merge them.
///
/// @param <S> the family itself
public sealed interface Scores<S extends Scores<S>>
    permits AnswerScores,
        ClassificationScores,
        EntityScores,
        MultiLabelScores,
        PerplexityScores,
        RegressionScores {
  /// Takes over what `other` has added up, as if its answers had been added here.
  void merge(S other);

  /// How many answers were added.
  long examples();

  /// The figures so far by name, always in the same order. One that is not defined is 0 or NaN, as
  /// in the library that it comes from.
  Map<String, Double> figures();
}
