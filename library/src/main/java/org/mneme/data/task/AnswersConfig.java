package org.mneme.data.task;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// How answers are picked from the scores of their ends.
public record AnswersConfig(
    @Described("Whether a context may lack an answer, as in SQuAD 2.0.") boolean unanswerable,
    @Described("How many ends are tried on each side, and answers kept, at least 1.") int best,
    @Described("The most tokens in an answer, at least 1.") int longest,
    @Described("No answer is given where that scores better by more than this.")
        double nullThreshold) {
  /// Every context holds an answer; 20 ends, 30 tokens.
  public static final AnswersConfig DEFAULT = new AnswersConfig(false, 20, 30, 0);

  /// Checks the numbers.
  public AnswersConfig {
    if (best < 1) {
      throw InvalidInputException.config("answers.best", best + " is below 1; raise it");
    }
    if (longest < 1) {
      throw InvalidInputException.config("answers.longest", longest + " is below 1; raise it");
    }
    if (!Double.isFinite(nullThreshold)) {
      throw InvalidInputException.config(
          "answers.nullThreshold", nullThreshold + " is no finite number");
    }
  }
}
