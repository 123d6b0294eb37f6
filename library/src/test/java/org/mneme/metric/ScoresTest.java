package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds of every family, for random answers.
class ScoresTest {
  private static final List<String> TAGS = List.of("O", "B-A", "I-A", "E-B", "S-B", "I-B");
  private static final List<String> WORDS = List.of("the", "cat", "sat", "on", "a", "mat.", "");

  /// How a family begins, and how an answer is drawn for it.
  record Family<S extends Scores<S>>(
      String name, Supplier<S> empty, Function<Random, Consumer<S>> answer) {
    S of(List<Consumer<S>> answers) {
      S scores = empty.get();
      answers.forEach(answer -> answer.accept(scores));
      return scores;
    }

    List<Consumer<S>> draw(Random random, int count) {
      return new ArrayList<>(Stream.generate(() -> answer.apply(random)).limit(count).toList());
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Family<?>> families() {
    return Stream.of(
        new Family<>("classes", () -> new ClassificationScores(4), ScoresTest::label),
        new Family<>("two classes", () -> new ClassificationScores(2), ScoresTest::binary),
        new Family<>("labels", () -> new MultiLabelScores(3), ScoresTest::labels),
        new Family<>("numbers", RegressionScores::new, ScoresTest::number),
        new Family<>("entities", EntityScores::new, ScoresTest::sentence),
        new Family<>("answers", AnswerScores::new, ScoresTest::text),
        new Family<>("perplexity", PerplexityScores::new, ScoresTest::likelihood));
  }

  private static Consumer<ClassificationScores> label(Random random) {
    int gold = random.nextInt(4);
    int predicted = random.nextInt(4);
    return scores -> scores.add(gold, predicted);
  }

  private static Consumer<ClassificationScores> binary(Random random) {
    int gold = random.nextInt(2);
    int predicted = random.nextInt(2);
    return scores -> scores.add(gold, predicted);
  }

  private static Consumer<MultiLabelScores> labels(Random random) {
    boolean[] gold = {random.nextBoolean(), random.nextBoolean(), random.nextBoolean()};
    boolean[] predicted = {random.nextBoolean(), random.nextBoolean(), random.nextBoolean()};
    return scores -> scores.add(gold, predicted);
  }

  private static Consumer<RegressionScores> number(Random random) {
    double gold = random.nextInt(50) / 10.0; // with ties
    double predicted = gold + random.nextGaussian();
    return scores -> scores.add(gold, predicted);
  }

  private static Consumer<EntityScores> sentence(Random random) {
    int tokens = random.nextInt(8);
    List<String> gold = draw(random, TAGS, tokens);
    List<String> predicted = draw(random, TAGS, tokens);
    return scores -> scores.add(gold, predicted);
  }

  private static Consumer<AnswerScores> text(Random random) {
    List<String> gold = Stream.generate(() -> phrase(random)).limit(random.nextInt(3)).toList();
    String predicted = phrase(random);
    return scores -> scores.add(gold, predicted);
  }

  private static String phrase(Random random) {
    return String.join(" ", draw(random, WORDS, random.nextInt(6)));
  }

  private static Consumer<PerplexityScores> likelihood(Random random) {
    int tokens = 1 + random.nextInt(20);
    double nats = tokens * Math.exp(4 * random.nextGaussian());
    return scores -> scores.add(nats, tokens, 1 + tokens / 2, 4L * tokens);
  }

  private static List<String> draw(Random random, List<String> choices, int count) {
    return Stream.generate(() -> choices.get(random.nextInt(choices.size()))).limit(count).toList();
  }

  @ParameterizedTest
  @MethodSource("families")
  <S extends Scores<S>> void orderChangesNoBit(Family<S> family) {
    for (int seed = 0; seed < 30; seed++) {
      Random random = new Random(seed);
      var answers = family.draw(random, 1 + random.nextInt(60));
      Map<String, Double> expected = family.of(answers).figures();
      Collections.shuffle(answers, random);
      assertEquals(expected, family.of(answers).figures(), "seed " + seed);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  <S extends Scores<S>> void mergedPartsAreTheWholeToTheBit(Family<S> family) {
    for (int seed = 0; seed < 30; seed++) {
      Random random = new Random(seed);
      var answers = family.draw(random, 1 + random.nextInt(60));
      int cut = random.nextInt(answers.size() + 1);
      S first = family.of(answers.subList(0, cut));
      S second = family.of(answers.subList(cut, answers.size()));
      second.merge(first);
      S whole = family.of(answers);
      assertEquals(whole.figures(), second.figures(), "seed " + seed);
      assertEquals(whole.examples(), second.examples(), "seed " + seed);
      assertEquals(answers.size(), second.examples());
      second.merge(family.empty.get());
      assertEquals(whole.figures(), second.figures(), "nothing more, seed " + seed);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  <S extends Scores<S>> void scoresMergedWithThemselvesCountTwice(Family<S> family) {
    var answers = family.draw(new Random(5), 20);
    S scores = family.of(answers);
    scores.merge(scores);
    answers.addAll(List.copyOf(answers));
    assertEquals(family.of(answers).figures(), scores.figures());
    assertEquals(40, scores.examples());
  }

  @ParameterizedTest
  @MethodSource("families")
  <S extends Scores<S>> void askingForFiguresChangesNothing(Family<S> family) {
    var answers = family.draw(new Random(7), 20);
    S scores = family.empty.get();
    for (var answer : answers) {
      answer.accept(scores);
      assertTrue(scores.figures().size() > 1);
    }
    assertEquals(family.of(answers).figures(), scores.figures());
    assertEquals(
        List.copyOf(family.of(answers).figures().keySet()), List.copyOf(scores.figures().keySet()));
  }

  @ParameterizedTest
  @MethodSource("families")
  <S extends Scores<S>> void noAnswersAtAllGiveNoPlausibleFigure(Family<S> family) {
    S scores = family.empty.get();
    assertEquals(0, scores.examples());
    scores
        .figures()
        .forEach((name, value) -> assertTrue(value.isNaN() || value == 0, name + " is " + value));
  }

  @Test
  void aPerfectModelHasPerfectScores() {
    var scores = new ClassificationScores(3);
    for (int i = 0; i < 30; i++) {
      scores.add(i % 3, i % 3);
    }
    scores.figures().forEach((name, value) -> assertEquals(1, value, 1e-15, name));
  }
}
