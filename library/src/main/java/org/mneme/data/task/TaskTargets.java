package org.mneme.data.task;

import java.util.Arrays;

/// What a model should say about a batch. A label of [TaskFeatures#IGNORED] and a NaN stand for
/// what nobody knows; losses and scores leave them out.
public sealed interface TaskTargets {
  /// One label an example: sequence classification, and the right one of several choices.
  ///
  /// @param labels `[examples]`
  record Labels(long[] labels) implements TaskTargets {}

  /// Any number of labels an example.
  ///
  /// @param indicators `[examples * labels]`, 1 where an example has the label, else 0
  record LabelSets(float[] indicators, int labels) implements TaskTargets {}

  /// A number an example.
  ///
  /// @param scores `[examples]`
  record Scores(float[] scores) implements TaskTargets {}

  /// A label a word, at its first token.
  ///
  /// @param labels `[rows * time]`
  record TokenLabels(long[] labels, int time) implements TaskTargets {}

  /// First and last token of an answer; 0 and 0 where the row does not hold it.
  ///
  /// @param starts `[rows]`
  /// @param ends `[rows]`, inclusive
  record Spans(long[] starts, long[] ends) implements TaskTargets {}

  /// Those of the groups of rows from `from` to `to`, the latter left out.
  default TaskTargets groups(int from, int to) {
    return switch (this) {
      case Labels all -> new Labels(Arrays.copyOfRange(all.labels, from, to));
      case LabelSets all ->
          new LabelSets(
              Arrays.copyOfRange(all.indicators, from * all.labels, to * all.labels), all.labels);
      case Scores all -> new Scores(Arrays.copyOfRange(all.scores, from, to));
      case TokenLabels all ->
          new TokenLabels(Arrays.copyOfRange(all.labels, from * all.time, to * all.time), all.time);
      case Spans all ->
          new Spans(
              Arrays.copyOfRange(all.starts, from, to), Arrays.copyOfRange(all.ends, from, to));
    };
  }
}
