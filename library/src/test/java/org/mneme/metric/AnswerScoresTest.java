package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AnswerScoresTest {
  private static Map<String, Double> figures(List<String> gold, String predicted) {
    var scores = new AnswerScores();
    scores.add(gold, predicted);
    return scores.figures();
  }

  /// The examples of the metric card of SQuAD in Hugging Face's evaluate.
  @Test
  void publishedExamplesComeOut() {
    assertEquals(Map.of("exactMatch", 100.0, "f1", 100.0), figures(List.of("1976"), "1976"));
    assertEquals(Map.of("exactMatch", 0.0, "f1", 0.0), figures(List.of("1976"), "1999"));
    var scores = new AnswerScores();
    scores.add(List.of("1976"), "1976");
    scores.add(List.of("Beyoncé and Bruno Mars"), "Beyonce");
    scores.add(List.of("climate change"), "climate change");
    assertEquals(66.66666666666667, scores.figures().get("exactMatch"), 1e-12);
    assertEquals(66.66666666666667, scores.figures().get("f1"), 1e-12);
  }

  @Test
  void wordsAreComparedWithoutCasePunctuationArticlesAndBlanks() {
    assertEquals(List.of("cat", "sat"), AnswerScores.words(" The  cat,\u00a0sat!\n"));
    assertEquals(List.of("usa"), AnswerScores.words("U.S.A."));
    assertEquals(List.of("another", "theme"), AnswerScores.words("another theme"));
    assertEquals(List.of("well", "known"), AnswerScores.words("a well the known"));
    assertEquals(List.of("rocknroll"), AnswerScores.words("rock-'n'-roll"));
    assertEquals(List.of("été", "là", "aß"), AnswerScores.words("Été là aß"));
    assertEquals(List.of("á", "5", "„anna“"), AnswerScores.words("á an 5 „Anna“"));
    assertEquals(List.of("\u0301"), AnswerScores.words("a\u0301")); // as Python's regex has it
    assertEquals(List.of("“", "”"), AnswerScores.words("“the”"));
    assertEquals(List.of("a1", "αthe"), AnswerScores.words("a1 αthe"));
    assertEquals(List.of(), AnswerScores.words("a, the."));
    assertEquals(List.of(), AnswerScores.words("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
  }

  @Test
  void theBestGoldAnswerCounts() {
    var figures = figures(List.of("in Paris", "Paris, France", "Lyon"), "Paris");
    assertEquals(0, figures.get("exactMatch"));
    assertEquals(200.0 / 3, figures.get("f1"), 1e-12);
    assertEquals(100, figures(List.of("dogs", "a dog"), "Dogs").get("exactMatch"));
  }

  @Test
  void aWordCountsAsOftenAsBothHaveIt() {
    assertEquals(200.0 / 3, figures(List.of("cat"), "cat cat").get("f1"), 1e-12);
    assertEquals(80, figures(List.of("cat cat dog"), "cat cat").get("f1"), 1e-12);
  }

  @Test
  void questionsWithoutAnAnswerWantNone() {
    var scores = new AnswerScores();
    scores.add(List.of(), "");
    scores.add(List.of(), "Paris");
    scores.add(List.of(""), "");
    scores.add(List.of(" "), "the"); // nothing is left of it
    scores.add(List.of("Paris"), "");
    scores.add(List.of("Paris"), "Paris");
    scores.add(List.of("Paris, France"), "Paris");
    scores.add(List.of("Paris"), "in Paris");
    var figures = scores.figures();
    assertEquals(75, figures.get("noAnswerExactMatch"));
    assertEquals(75, figures.get("noAnswerF1"));
    assertEquals(25, figures.get("hasAnswerExactMatch"));
    assertEquals((100 + 400.0 / 3) / 4, figures.get("hasAnswerF1"), 1e-12);
    assertEquals(50, figures.get("exactMatch"));
    assertEquals((75 + figures.get("hasAnswerF1")) / 2, figures.get("f1"), 1e-12);
    assertEquals(8, scores.examples());
    assertFalse(figures(List.of("Paris"), "").containsKey("noAnswerF1"));
  }

  /// The overlap counted by looking at each word of all words.
  @Test
  void f1IsThatOfBruteForce() {
    List<String> words = List.of("x", "y", "z");
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      List<String> gold = draw(random, words);
      List<String> predicted = draw(random, words);
      double common = 0;
      for (String word : words) {
        common +=
            Math.min(
                gold.stream().filter(word::equals).count(),
                predicted.stream().filter(word::equals).count());
      }
      double precision = common / predicted.size();
      double recall = common / gold.size();
      double f1 = common == 0 ? 0 : 2 * precision * recall / (precision + recall);
      var figures = figures(List.of(String.join(" ", gold)), String.join(" ", predicted));
      assertEquals(100 * f1, figures.get("f1"), 1e-12);
      assertEquals(gold.equals(predicted) ? 100 : 0, figures.get("exactMatch"));
    }
  }

  private static List<String> draw(Random random, List<String> words) {
    return Stream.generate(() -> words.get(random.nextInt(words.size())))
        .limit(1 + random.nextInt(6))
        .toList();
  }
}
