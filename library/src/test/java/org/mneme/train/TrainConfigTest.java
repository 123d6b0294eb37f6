package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.train.EarlyStopConfig.Mode;
import org.mneme.train.StopConfig.Target;

class TrainConfigTest {
  private static TrainConfig freezing(String... patterns) {
    return TrainConfig.ofSteps(1).with(train -> train.freeze = List.of(patterns));
  }

  @Test
  void everyDefaultIsWhatTheReferenceSays() {
    TrainConfig train = TrainConfig.DEFAULT;
    assertEquals(new StopConfig(0, 0, 0, 0, null), train.stop());
    assertEquals(1, train.accumulate());
    assertEquals(0, train.labelSmoothing());
    assertFalse(train.gradientCheckpointing());
    assertNull(train.earlyStop());
    assertNull(train.average());
    assertEquals(List.of(), train.freeze());
    assertEquals(0, train.evaluateEvery());
    assertEquals(
        new DivergenceConfig(DivergenceConfig.Policy.STOP, 10, 50, 10), train.divergence());
    assertEquals(new RevivalConfig(RevivalConfig.Target.NOTHING, 100, 0.1, 0.1), train.revival());
    assertEquals(new EarlyStopConfig("loss", Mode.MIN, 3, 0), EarlyStopConfig.DEFAULT);
    assertEquals(new AverageConfig(0.999, 0), AverageConfig.DEFAULT);
    assertEquals(new GroupConfig("*", 1, null, null), GroupConfig.DEFAULT);
    assertEquals(
        new OptimizerConfig(
            5e-4,
            5e-2,
            0.01,
            List.of(0.9, 0.98),
            1e-8,
            1,
            0,
            1,
            new Schedule.Linear(20, 0),
            null,
            List.of()),
        OptimizerConfig.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({
    "backbone, bert.encoder.layer.1.output.dense.weight, true",
    "backbone, cls.predictions.bias, true",
    "backbone, bert.encoder.layer.1.memory.keys, false",
    "backbone, model.layers.1.self_attn.q_proj.weight, true",
    "backbone, model.layers.1.self_attn.q_proj.lora_A.weight, false",
    "backbone, model.layers.1.self_attn.q_proj.lora_B.weight, false",
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
      assertRefused("train.freeze", wrong, () -> freezing(wrong).requireFits(names));
    }
    assertRefused(
        "train.freeze", "backbone", () -> freezing("backbone").requireFits(Set.of("a.weight")));
    var groups = List.of(new GroupConfig("*.bias", 1, null, null));
    assertRefused(
        "optimizer.groups.match",
        "*.bias",
        () -> OptimizerConfig.DEFAULT.with(o -> o.groups = groups).requireFits(names));
  }

  @Test
  void aRunHasToEnd() {
    assertRefused("train.stop", "no limit", StopConfig.DEFAULT::requireLimit);
    new StopConfig(0, 0.5, 0, 0, null).requireLimit();
  }

  @Test
  void targetsAreReachedFromOneSideOrTheOther() {
    assertTrue(new Target("loss", 2.0, null).isReached(1.9));
    assertFalse(new Target("loss", 2.0, null).isReached(2.0));
    assertTrue(new Target("accuracy", null, 0.5).isReached(0.6));
    assertFalse(new Target("accuracy", null, 0.5).isReached(Double.NaN));
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        refusal("train.stop.steps", () -> StopConfig.afterSteps(-1)),
        refusal("train.stop.epochs", () -> new StopConfig(0, Double.NaN, 0, 0, null)),
        refusal("train.stop.tokens", () -> new StopConfig(0, 0, -1, 0, null)),
        refusal("train.stop.minutes", () -> StopConfig.afterSeconds(-1)),
        refusal("train.stop.target", () -> new Target("loss", null, null)),
        refusal("train.stop.target.metric", () -> new Target(" ", 1.0, null)),
        refusal("train.accumulate", () -> TrainConfig.DEFAULT.with(t -> t.accumulate = 0)),
        refusal("train.labelSmoothing", () -> TrainConfig.DEFAULT.with(t -> t.labelSmoothing = 1)),
        refusal("train.evaluateEvery", () -> TrainConfig.DEFAULT.with(t -> t.evaluateEvery = -1)),
        refusal(
            "train.evaluateEvery",
            () -> TrainConfig.DEFAULT.with(t -> t.earlyStop = EarlyStopConfig.DEFAULT)),
        refusal("train.earlyStop.metric", () -> new EarlyStopConfig("", Mode.MIN, 1, 0)),
        refusal("train.earlyStop.patience", () -> new EarlyStopConfig("loss", Mode.MIN, 0, 0)),
        refusal("train.earlyStop.minDelta", () -> new EarlyStopConfig("loss", Mode.MIN, 1, -1)),
        refusal("train.average.decay", () -> new AverageConfig(1, 0)),
        refusal("train.average.fromStep", () -> new AverageConfig(0.9, -1)),
        refusal("train.divergence.explosion", () -> divergence(1, 1, 1)),
        refusal("train.divergence.window", () -> divergence(2, 0, 1)),
        refusal("train.divergence.skips", () -> divergence(2, 1, 0)),
        refusal("optimizer.groups.match", () -> new GroupConfig("", 1, null, null)),
        refusal("optimizer.groups.rateFactor", () -> new GroupConfig("*", -1, null, null)),
        refusal("optimizer.groups.weightDecay", () -> new GroupConfig("*", 1, -0.1, null)),
        refusal("optimizer.groups.clipNorm", () -> new GroupConfig("*", 1, null, Double.NaN)),
        refusal("optimizer.learningRate", () -> rates(-1e-3, 1, 0)),
        refusal("optimizer.learningRate", () -> rates(Double.NaN, 1, 0)),
        refusal("optimizer.valueLearningRate", () -> rates(1, 100, 0)),
        refusal("optimizer.weightDecay", () -> rates(1, 1, -1)),
        refusal("optimizer.betas", () -> optimizer(List.of(0.9), 1e-8, 1)),
        refusal("optimizer.betas", () -> optimizer(List.of(0.9, 1.0), 1e-8, 1)),
        refusal("optimizer.eps", () -> optimizer(List.of(0.9, 0.99), 0, 1)),
        refusal("optimizer.layerDecay", () -> optimizer(List.of(0.9, 0.99), 1e-8, 1.1)));
  }

  private static Arguments refusal(String key, Executable making) {
    return Arguments.of(key, making);
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void rangesAreChecked(String key, Executable making) {
    assertRefused(key, key, making);
  }

  private static void assertRefused(String key, @Nullable String says, Executable making) {
    var problem = assertThrows(InvalidInputException.class, making);
    assertEquals(key, problem.key());
    assertTrue(says == null || problem.getMessage().contains(says), problem.getMessage());
  }

  private static DivergenceConfig divergence(double explosion, int window, int skips) {
    return new DivergenceConfig(DivergenceConfig.Policy.SKIP, explosion, window, skips);
  }

  private static OptimizerConfig rates(double rate, double valueRate, double decay) {
    return OptimizerConfig.DEFAULT.with(optimizer -> {
      optimizer.learningRate = rate;
      optimizer.valueLearningRate = valueRate;
      optimizer.weightDecay = decay;
    });
  }

  private static OptimizerConfig optimizer(List<Double> betas, double eps, double layerDecay) {
    return OptimizerConfig.DEFAULT.with(optimizer -> {
      optimizer.betas = betas;
      optimizer.eps = eps;
      optimizer.layerDecay = layerDecay;
    });
  }
}
