package org.mneme.data.task;

/// Examples as rows of tokens with targets, all in memory, in the order of the examples. A row is a
/// text, a pair, a window of a long text, or one of the choices of an example. Immutable as long as
/// nobody writes into the arrays it hands out; safe for several threads.
public sealed interface TaskFeatures
    permits SequenceFeatures, TaggedFeatures, QuestionFeatures, ChoiceFeatures {
  /// A target that counts for nothing: padding, later pieces of words, unknown labels.
  int IGNORED = -100;

  /// How many examples there are.
  int examples();

  /// The rows.
  TaskRows rows();

  /// How many rows in a row always stay together: one, or as many as there are choices.
  default int rowsPerGroup() {
    return 1;
  }

  /// What the rows of some groups should give.
  ///
  /// @param groups rows, or groups of rows
  /// @param time the length of the rows, padding included
  TaskTargets targets(int[] groups, int time);
}
