package org.mneme.data.task;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// Which columns of labelled files hold what, where they have other names than usual.
public record ColumnsConfig(
    @Described("The text; usually sentence, text, sentence1, premise, question, ...")
        @Nullable String text,
    @Described("The second text of a pair; usually sentence2, hypothesis, ...")
        @Nullable String pair,
    @Described("The label, labels, number, or right choice; usually label, labels, score, ...")
        @Nullable String label,
    @Described("The words of a tagged text; in CoNLL files a number from 1, usually 1.")
        @Nullable String words,
    @Described("Their tags; in CoNLL files a number from 1, usually the last.")
        @Nullable String tags,
    @Described("What names a question; usually id.") @Nullable String id,
    @Described("The question; usually question.") @Nullable String question,
    @Described("What answers are looked for in; usually context.") @Nullable String context,
    @Described("Texts and places of answers; usually answers.") @Nullable String answers,
    @Described("The choices: one column with a list, or a column for each.") List<String> choices,
    @Described("What stands between several labels that are written as one text.") String separator,
    @Described("What stands between the columns of CoNLL files: tab, or blanks (any number).")
        Gap gap,
    @Described("Whether lines of CoNLL files that begin with # are comments rather than words.")
        boolean comments) {

  /// What parts the columns of a CoNLL file.
  public enum Gap {
    /// One tab.
    TAB,
    /// Any number of blanks and tabs.
    BLANKS
  }

  /// The usual names.
  public static final ColumnsConfig DEFAULT =
      new ColumnsConfig(
          null, null, null, null, null, null, null, null, null, List.of(), ",", Gap.TAB, false);

  /// Checks the settings.
  public ColumnsConfig {
    choices = List.copyOf(choices);
    if (separator.isEmpty()) {
      throw InvalidInputException.config(
          "columns.separator", "is empty; name what stands between labels, such as ,");
    }
  }

  /// The usual names but for the text, its pair and the label; null leaves one as usual.
  public static ColumnsConfig of(
      @Nullable String text, @Nullable String pair, @Nullable String label) {
    return new ColumnsConfig(
        text, pair, label, null, null, null, null, null, null, List.of(), ",", Gap.TAB, false);
  }

  /// The same with other columns of words and tags.
  public ColumnsConfig withTagged(String otherWords, String otherTags) {
    return new ColumnsConfig(
        text,
        pair,
        label,
        otherWords,
        otherTags,
        id,
        question,
        context,
        answers,
        choices,
        separator,
        gap,
        comments);
  }

  /// The same with another layout of CoNLL files.
  public ColumnsConfig withConll(Gap otherGap, boolean otherComments) {
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
        otherGap,
        otherComments);
  }
}
