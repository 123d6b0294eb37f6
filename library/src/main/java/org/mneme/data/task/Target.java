package org.mneme.data.task;

import java.util.List;

/// What a text should be said to be.
public sealed interface Target {
  /// Nobody knows; something to predict.
  record Unknown() implements Target {}

  /// One label of several.
  record Label(String name) implements Target {}

  /// Any number of labels, none included.
  record Labels(List<String> names) implements Target {}

  /// A number.
  record Score(double value) implements Target {}

  /// What targets of a task are.
  enum Kind {
    /// One label of several.
    LABEL,
    /// Any number of labels.
    LABELS,
    /// A number.
    SCORE
  }
}
