package org.mneme.data.task;

import java.util.List;

/// What a model is shown, and what it should say.
public sealed interface TaskExample
    permits SequenceExample, TaggedExample, QuestionExample, ChoiceExample, FactExample {
  /// Where it stands.
  Place place();

  /// What is read of it, without labels: words with blanks between them.
  List<String> texts();

  /// The labels it has: none, one, or several; those of each word of a tagged one.
  List<String> labels();
}
