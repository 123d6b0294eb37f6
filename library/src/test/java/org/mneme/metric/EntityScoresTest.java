package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;

class EntityScoresTest {
  private static Map<String, Double> figures(List<String> gold, List<String> predicted) {
    var scores = new EntityScores();
    for (int i = 0; i < gold.size(); i++) {
      scores.add(tags(gold.get(i)), tags(predicted.get(i)));
    }
    return scores.figures();
  }

  private static List<String> tags(String line) {
    return List.of(line.split(" "));
  }

  /// The examples in the README of seqeval.
  @Test
  void seqevalsExamplesComeOut() {
    var figures =
        figures(
            List.of("O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"),
            List.of("O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"));
    assertEquals(0.5, figures.get("f1"));
    assertEquals(0.8, figures.get("tokenAccuracy"));
    assertEquals(0, figures.get("f1.MISC"));
    assertEquals(1, figures.get("f1.PER"));
    assertEquals(0.5, figures.get("f1Macro"));
    assertEquals(0.5, figures.get("f1Weighted"));
    assertEquals(1, figures(List.of("B-NP I-NP O"), List.of("I-NP I-NP O")).get("f1"));
  }

  @Test
  void entitiesAreReadAsSeqevalReadsThem() {
    assertEquals(
        List.of(new Entity("PER", 0, 2), new Entity("LOC", 3, 4)),
        Entity.of(tags("B-PER I-PER O B-LOC")));
    assertEquals(
        List.of(new Entity("A", 0, 1), new Entity("B", 1, 2), new Entity("A", 2, 3)),
        Entity.of(tags("B-A I-B I-A")),
        "another type is another entity");
    assertEquals(
        List.of(new Entity("A", 0, 1), new Entity("A", 1, 2), new Entity("A", 2, 3)),
        Entity.of(tags("E-A E-A S-A")),
        "E and S end one");
    assertEquals(List.of(new Entity("_", 1, 3)), Entity.of(tags("O B I")), "no types");
    assertEquals(List.of(new Entity("A-B", 0, 1)), Entity.of(tags("B-A-B")));
    assertEquals(List.of(), Entity.of(List.of()));
  }

  /// Random entities, written in each scheme, are read back as they were.
  @Test
  void allSchemesSayTheSame() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      List<Entity> entities = new ArrayList<>();
      int tokens = random.nextInt(2);
      for (int i = random.nextInt(5); i > 0; i--) {
        int end = tokens + 1 + random.nextInt(3);
        entities.add(new Entity(random.nextBoolean() ? "A" : "B", tokens, end));
        tokens = end + random.nextInt(2);
      }
      for (String scheme : List.of("IOB1", "IOB2", "IOE1", "IOE2", "IOBES")) {
        List<String> tags = written(entities, tokens, scheme);
        assertEquals(entities, Entity.of(tags), scheme + " " + tags);
      }
    }
  }

  private static List<String> written(List<Entity> entities, int tokens, String scheme) {
    List<String> tags = new ArrayList<>(Collections.nCopies(tokens, "O"));
    for (Entity entity : entities) {
      boolean touchesBefore = touches(entities, entity.type(), -1, entity.start());
      boolean touchesBehind = touches(entities, entity.type(), entity.end(), -1);
      for (int i = entity.start(); i < entity.end(); i++) {
        boolean first = i == entity.start();
        boolean last = i == entity.end() - 1;
        String letter =
            switch (scheme) {
              case "IOB1" -> first && touchesBefore ? "B" : "I";
              case "IOB2" -> first ? "B" : "I";
              case "IOE1" -> last && touchesBehind ? "E" : "I";
              case "IOE2" -> last ? "E" : "I";
              default -> first && last ? "S" : first ? "B" : last ? "E" : "I";
            };
        tags.set(i, letter + "-" + entity.type());
      }
    }
    return tags;
  }

  private static boolean touches(List<Entity> entities, String type, int start, int end) {
    return entities.stream()
        .anyMatch(
            other -> other.type().equals(type) && (other.start() == start || other.end() == end));
  }

  @Test
  void figuresAreThoseOfSets() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      var scores = new EntityScores();
      double right = 0;
      double gold = 0;
      double predicted = 0;
      for (int sentence = 0; sentence < 4; sentence++) {
        List<String> goldTags = draw(random, 6);
        List<String> predictedTags = draw(random, 6);
        scores.add(goldTags, predictedTags);
        var common = new HashSet<>(Entity.of(goldTags));
        common.retainAll(Entity.of(predictedTags));
        right += common.size();
        gold += Entity.of(goldTags).size();
        predicted += Entity.of(predictedTags).size();
      }
      var figures = scores.figures();
      double precision = predicted == 0 ? 0 : right / predicted;
      double recall = gold == 0 ? 0 : right / gold;
      assertEquals(precision, figures.get("precision"), 1e-12);
      assertEquals(recall, figures.get("recall"), 1e-12);
      double f1 = right == 0 ? 0 : 2 * precision * recall / (precision + recall);
      assertEquals(f1, figures.get("f1"), 1e-12);
    }
  }

  private static List<String> draw(Random random, int tokens) {
    List<String> choices = List.of("O", "O", "B-A", "I-A", "B-B", "E-A", "S-B");
    List<String> tags = new ArrayList<>();
    for (int i = 0; i < tokens; i++) {
      tags.add(choices.get(random.nextInt(choices.size())));
    }
    return tags;
  }

  @Test
  void entitiesDoNotReachIntoTheNextSentence() {
    var figures = figures(List.of("B-A I-A", "I-A O"), List.of("B-A I-A", "O O"));
    assertEquals(0.5, figures.get("recall"));
    assertEquals(1, figures.get("precision"));
  }

  @Test
  void withoutEntitiesAllIsZeroButTheMeanOverNoTypes() {
    var none = figures(List.of("O O"), List.of("O O"));
    assertEquals(0, none.get("f1"));
    assertEquals(0, none.get("f1Weighted"));
    assertTrue(none.get("f1Macro").isNaN());
    assertEquals(1, none.get("tokenAccuracy"));
    var onlyPredicted = figures(List.of("O O"), List.of("O B-A"));
    assertEquals(0, onlyPredicted.get("f1Macro"));
    assertEquals(0, onlyPredicted.get("precisionWeighted"));
  }

  @Test
  void tagsOfOtherSchemesAreAnError() {
    for (String label : List.of("PER", "L-PER", "B_PER", "NOUN", "o", "", "O-PER", "BER")) {
      assertFalse(Entity.isTag(label), label);
    }
    var scores = new EntityScores();
    var error =
        assertThrows(InvalidInputException.class, () -> scores.add(tags("O O"), tags("O U-PER")));
    assertEquals(
        "\"U-PER\" is no tag of an entity; write O, or B-, I-, E-, S- and the type (E for L, S for"
            + " U)",
        error.getMessage());
    var length =
        assertThrows(InvalidInputException.class, () -> scores.add(tags("O O"), tags("O")));
    assertEquals("1 tags were predicted for 2 tokens; give one for each", length.getMessage());
  }
}
