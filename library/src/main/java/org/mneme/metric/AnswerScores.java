package org.mneme.metric;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// Scores of answers to questions that are stretches of text, by the rules of SQuAD 1.1, and of 2.0
/// where some questions have no answer. All figures are from 0 to 100.
public final class AnswerScores implements Scores<AnswerScores> {
  private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");

  /// Spelt out, because `\b` of Python and of Java differ on marks and on letters beyond ASCII.
  private static final Pattern ARTICLE =
      Pattern.compile("(?<![\\p{L}\\p{N}])(?:a|an|the)(?![\\p{L}\\p{N}])");

  private static final Pattern BLANKS = Pattern.compile("[\\t-\\r\\x1c-\\x1f\\x85\\p{Z}]+");

  private final Part hasAnswer = new Part();
  private final Part noAnswer = new Part();

  private static final class Part {
    private long questions;
    private long exact;
    private final FractionSum f1 = new FractionSum();

    void merge(Part other) {
      questions += other.questions;
      exact += other.exact;
      f1.merge(other.f1);
    }

    void put(Map<String, Double> figures, String exactName, String f1Name) {
      figures.put(exactName, 100.0 * exact / questions);
      figures.put(f1Name, 100.0 * f1.value() / questions);
    }
  }

  /// F1 as a fraction that is not reduced.
  private record Overlap(long numerator, long denominator) {
    boolean exceeds(Overlap other) {
      return numerator * other.denominator > other.numerator * denominator;
    }
  }

  /// The answer to a question. The best of the gold ones counts; a question without gold answers,
  /// or with blank ones alone, has none, and only a prediction of nothing is right.
  public void add(List<String> gold, String predicted) {
    boolean none = gold.stream().allMatch(String::isBlank);
    Part part = none ? noAnswer : hasAnswer;
    List<String> answer = words(predicted);
    boolean exact = false;
    Overlap best = new Overlap(0, 1);
    for (String text : none ? List.of("") : gold) {
      List<String> words = words(text);
      exact |= words.equals(answer);
      Overlap overlap = overlap(words, answer);
      best = overlap.exceeds(best) ? overlap : best;
    }
    part.questions++;
    part.exact += exact ? 1 : 0;
    part.f1.add(best.numerator, best.denominator);
  }

  /// The words that are compared: in lower case, without ASCII punctuation, then without articles.
  static List<String> words(String text) {
    String bare = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    String rest = ARTICLE.matcher(bare).replaceAll(" ");
    return BLANKS.splitAsStream(rest).filter(word -> !word.isEmpty()).toList();
  }

  /// Words that both have, as often as both have them; where one has none, whether both have none.
  private static Overlap overlap(List<String> gold, List<String> predicted) {
    if (gold.isEmpty() || predicted.isEmpty()) {
      return new Overlap(gold.equals(predicted) ? 1 : 0, 1);
    }
    List<String> left = new ArrayList<>(gold);
    long common = 0;
    for (String word : predicted) {
      common += left.remove(word) ? 1 : 0;
    }
    return new Overlap(2 * common, gold.size() + predicted.size());
  }

  @Override
  public void merge(AnswerScores other) {
    hasAnswer.merge(other.hasAnswer);
    noAnswer.merge(other.noAnswer);
  }

  @Override
  public long examples() {
    return hasAnswer.questions + noAnswer.questions;
  }

  /// Those of questions with and without an answer are there where both kinds are.
  @Override
  public Map<String, Double> figures() {
    Part all = new Part();
    all.merge(hasAnswer);
    all.merge(noAnswer);
    Map<String, Double> figures = new LinkedHashMap<>();
    all.put(figures, "exactMatch", "f1");
    if (noAnswer.questions > 0) {
      hasAnswer.put(figures, "hasAnswerExactMatch", "hasAnswerF1");
      noAnswer.put(figures, "noAnswerExactMatch", "noAnswerF1");
    }
    return figures;
  }
}
