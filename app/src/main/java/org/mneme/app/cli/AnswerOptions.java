package org.mneme.app.cli;

import org.mneme.data.task.AnswersConfig;
import picocli.CommandLine.Option;

/// How answers to questions are picked, for the commands that do.
final class AnswerOptions {
  @Option(
      names = "--unanswerable",
      description = "Contexts may lack an answer, as in SQuAD 2.0; then it may be empty.")
  private boolean unanswerable;

  @Option(
      names = "--null-threshold",
      paramLabel = "X",
      description =
          "With --unanswerable: none is given where that scores better by more than this (default:"
              + " ${DEFAULT-VALUE}).")
  private double nullThreshold = AnswersConfig.DEFAULT.nullThreshold();

  @Option(
      names = "--longest-answer",
      paramLabel = "TOKENS",
      description = "The most tokens in an answer (default: ${DEFAULT-VALUE}).")
  private int longest = AnswersConfig.DEFAULT.longest();

  @Option(
      names = "--best-ends",
      paramLabel = "N",
      description = "How many ends are tried on each side (default: ${DEFAULT-VALUE}).")
  private int best = AnswersConfig.DEFAULT.best();

  /// The settings.
  AnswersConfig answers() {
    CommandLines.atLeast("--best-ends", best, 1);
    CommandLines.atLeast("--longest-answer", longest, 1);
    return new AnswersConfig(unanswerable, best, longest, nullThreshold);
  }
}
