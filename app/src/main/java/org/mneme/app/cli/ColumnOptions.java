package org.mneme.app.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.data.task.ColumnsConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which columns of labelled files hold what, for the commands that read them.
final class ColumnOptions {
  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description = "The text, or a pair's first (default for all columns: the usual names).")
  private @Nullable String text;

  @Option(names = "--pair-column", paramLabel = "NAME", description = "A pair's second text.")
  private @Nullable String pair;

  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description = "Label, labels, number, or right choice.")
  private @Nullable String label;

  @Option(
      names = "--words-column",
      paramLabel = "NAME",
      description = "Words of a tagged text; in CoNLL files a number from 1.")
  private @Nullable String words;

  @Option(
      names = "--tags-column",
      paramLabel = "NAME",
      description = "Their tags; in CoNLL files a number from 1.")
  private @Nullable String tags;

  @Option(
      names = "--id-column",
      paramLabel = "NAME",
      description = "What names an example (default: id).")
  private @Nullable String id;

  @Option(names = "--question-column", paramLabel = "NAME", description = "The question.")
  private @Nullable String question;

  @Option(
      names = "--context-column",
      paramLabel = "NAME",
      description = "What answers are looked for in.")
  private @Nullable String context;

  @Option(
      names = "--answers-column",
      paramLabel = "NAME",
      description = "Texts and places of answers.")
  private @Nullable String answers;

  @Option(
      names = "--choices-column",
      arity = "1..*",
      paramLabel = "NAME",
      description = "The choices: a column with a list, or one for each.")
  private List<String> choices = List.of();

  @Option(
      names = "--label-separator",
      paramLabel = "TEXT",
      description = "Between several labels in one text (default: a comma).")
  private String separator = ColumnsConfig.DEFAULT.separator();

  @Mixin private final ConllOptions conll = new ConllOptions();

  /// The settings.
  ColumnsConfig columns() {
    return new ColumnsConfig(
        text,
        pair,
        label,
        words,
        tags,
        id,
        question,
        context,
        answers,
        choices,
        separator,
        conll.gap(),
        conll.comments());
  }
}
