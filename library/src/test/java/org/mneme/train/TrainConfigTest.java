package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.train.Schedule.Decay;

class TrainConfigTest {
  private static final double EXACT = 1e-12;

  private static TrainConfig of(long steps, double seconds, long warmup) {
    return new TrainConfig(
        steps,
        seconds,
        1e-3,
        1e-2,
        0.01,
        new Schedule(Decay.LINEAR, warmup),
        Schedule.CONSTANT,
        1,
        0,
        AdamW.Settings.DEFAULT,
        List.of(),
        1,
        0);
  }

  private static TrainConfig freezing(String... patterns) {
    return new TrainConfig(
        1,
        0,
        1e-3,
        1e-2,
        0.01,
        Schedule.CONSTANT,
        Schedule.CONSTANT,
        1,
        0,
        AdamW.Settings.DEFAULT,
        List.of(patterns),
        1,
        0);
  }

  @Test
  void progressBeginsBehindTheWarmUp() {
    TrainConfig config = of(25, 0, 5);
    assertEquals(0, config.progress(0, 1e9));
    assertEquals(0, config.progress(5, 0));
    assertEquals(0.5, config.progress(15, 0), EXACT);
    assertEquals(1, config.progress(25, 0));
    assertEquals(0, of(3, 0, 5).progress(2, 0));
  }

  @Test
  void progressGoesByTimeWhereTimeEndsTheRun() {
    TrainConfig config = of(0, 40, 5);
    assertEquals(0, config.progress(1000, 0));
    assertEquals(0.25, config.progress(1, 10), EXACT);
    assertEquals(1, config.progress(1, 50));
    assertEquals(0.5, of(10, 40, 0).progress(5, 10), EXACT);
    assertEquals(0.75, of(10, 40, 0).progress(5, 30), EXACT);
  }

  @Test
  void aRunEndsByStepsOrByTime() {
    assertFalse(of(10, 0, 0).ends(9, 1e9));
    assertTrue(of(10, 0, 0).ends(10, 0));
    assertFalse(of(0, 3, 0).ends(1_000_000, 2.9));
    assertTrue(of(0, 3, 0).ends(0, 3));
    assertTrue(of(10, 3, 0).ends(10, 1));
    assertTrue(of(10, 3, 0).ends(1, 3));
  }

  @ParameterizedTest
  @CsvSource({
    "backbone, bert.encoder.layer.1.output.dense.weight, true",
    "backbone, cls.predictions.bias, true",
    "backbone, bert.encoder.layer.1.memory.keys, false",
    "*.memory.values, bert.encoder.layer.1.memory.values, true",
    "*.memory.values, bert.encoder.layer.1.memory.values2, false",
    "bert.encoder.layer.1.*, bert.encoder.layer.1.output.dense.bias, true",
    "bert.encoder.layer.1.*, bert.encoder.layer.11.output.dense.bias, false",
    "bert.encoder.layer.1.*, xbert.encoder.layer.1.output.dense.bias, false",
    "*word_embeddings*, bert.embeddings.word_embeddings.weight, true",
    "layer.1, bert.encoder.layer.1.output.dense.bias, false",
    "*, anything, true",
    "a.b, axb, false",
  })
  void patternsFreezeWhatTheyMatch(String pattern, String name, boolean frozen) {
    assertEquals(!frozen, freezing("no.such.name", pattern).trains(name));
  }

  @Test
  void patternsThatFreezeNothingOrAllAreRefused() {
    Set<String> names = Set.of("a.weight", "a.memory.keys");
    freezing().requireFits(names);
    freezing("backbone").requireFits(names);
    for (String wrong : List.of("b.*", "*")) {
      var problem =
          assertThrows(InvalidInputException.class, () -> freezing(wrong).requireFits(names));
      assertEquals("train.frozen", problem.key());
      assertTrue(problem.getMessage().contains(wrong), problem.getMessage());
    }
    assertThrows(
        InvalidInputException.class, () -> freezing("backbone").requireFits(Set.of("a.weight")));
  }

  @Test
  void rangesAreChecked() {
    assertEquals("train.steps", assertThrows(InvalidInputException.class, () -> of(0, 0, 0)).key());
    assertThrows(InvalidInputException.class, () -> of(-1, Double.NaN, 0));
    for (double wrong : new double[] {-1e-3, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertEquals(
          "train.learningRate",
          assertThrows(InvalidInputException.class, () -> rates(wrong, 1, 0)).key());
      assertEquals(
          "train.valueLearningRate",
          assertThrows(InvalidInputException.class, () -> rates(1, wrong, 0)).key());
    }
    assertEquals(
        "train.weightDecay",
        assertThrows(InvalidInputException.class, () -> rates(1, 1, -1)).key());
    assertThrows(InvalidInputException.class, () -> new AdamW.Settings(1, 0.9, 1e-8));
    assertThrows(InvalidInputException.class, () -> new AdamW.Settings(0.9, -0.1, 1e-8));
    assertThrows(InvalidInputException.class, () -> new AdamW.Settings(0.9, 0.9, 0));
  }

  private static TrainConfig rates(double rate, double valueRate, double decay) {
    return new TrainConfig(
        1,
        0,
        rate,
        valueRate,
        decay,
        Schedule.CONSTANT,
        Schedule.CONSTANT,
        1,
        0,
        AdamW.Settings.DEFAULT,
        List.of(),
        1,
        0);
  }
}
