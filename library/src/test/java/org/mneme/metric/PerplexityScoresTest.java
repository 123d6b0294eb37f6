package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;

class PerplexityScoresTest {
  @Test
  void aFairDieOfEightSidesHasPerplexityEightAndThreeBits() {
    var scores = new PerplexityScores();
    for (int i = 1; i <= 10; i++) {
      scores.add(i * Math.log(8), i);
    }
    var figures = scores.figures();
    assertEquals(Math.log(8), figures.get("loss"), 1e-15);
    assertEquals(8, figures.get("perplexity"), 1e-13);
    assertEquals(3, figures.get("bitsPerToken"), 1e-14);
    assertFalse(figures.containsKey("bitsPerByte"));
    assertEquals(10, scores.examples());
  }

  @Test
  void wordsAndBytesHaveTheSameLikelihoodInOtherParts() {
    var scores = new PerplexityScores();
    scores.add(24 * Math.log(2), 12, 6, 48);
    var figures = scores.figures();
    assertEquals(2, figures.get("bitsPerToken"), 1e-14);
    assertEquals(4, figures.get("bitsPerWord"), 1e-14);
    assertEquals(16, figures.get("perplexityPerWord"), 1e-12);
    assertEquals(4 * Math.log(2), figures.get("lossPerWord"), 1e-14);
    assertEquals(0.5, figures.get("bitsPerByte"), 1e-14);
    assertEquals(0.5 * Math.log(2), figures.get("lossPerByte"), 1e-14);
  }

  @Test
  void nothingIsLostBesideALargeSum() {
    var scores = new PerplexityScores();
    scores.add(1e17, 1);
    for (int i = 0; i < 1000; i++) {
      scores.add(1, 0);
    }
    assertEquals(1e17 + 1000, scores.figures().get("loss"));
  }

  @Test
  void aModelThatDivergedShows() {
    var scores = new PerplexityScores();
    scores.add(Double.POSITIVE_INFINITY, 3);
    scores.add(2, 3);
    assertEquals(Double.POSITIVE_INFINITY, scores.figures().get("perplexity"));
    scores.add(Double.NaN, 3);
    assertTrue(scores.figures().get("loss").isNaN());
  }

  @Test
  void negativeCountsAreAnError() {
    var scores = new PerplexityScores();
    assertThrows(InvalidInputException.class, () -> scores.add(1, -1));
    assertThrows(InvalidInputException.class, () -> scores.add(1, 1, 1, -1));
    assertEquals(0, scores.examples());
  }
}
