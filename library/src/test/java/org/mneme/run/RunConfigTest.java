package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.config.Binder;
import org.mneme.config.Printer;
import org.mneme.config.Settings;
import org.mneme.memory.MemoryConfig;
import org.mneme.model.AdapterConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.train.ObjectiveConfig;
import tools.jackson.databind.node.JsonNodeFactory;

class RunConfigTest {
  private static final Path DEFAULTS = Path.of("src/test/resources/org/mneme/run/defaults.yaml");
  private static final String LEAST =
      "{model: {path: m}, data: {train: t.txt}, train: {stop: {steps: 1}}}";

  static RunConfig bind(String text, String... assignments) {
    return Binder.bind(Settings.parse(text, "run").with(List.of(assignments)), RunConfig.class);
  }

  /// The defaults of all keys, also of parts that are absent by default: the pinned file gives
  /// these empty, so that theirs show too.
  @Test
  void everyDefaultIsPinned() throws IOException {
    StringBuilder text = new StringBuilder(Printer.yaml(bind(LEAST), false));
    for (String part :
        List.of(
            "train.earlyStop={}",
            "train.average={}",
            "model.adapters={}",
            "model.memory={layer: {type: product-key}}")) {
      text.append("---\n# ").append(part).append('\n');
      text.append(
          Printer.yaml(bind(LEAST, part, "train.evaluateEvery=1", "data.dev=d.txt"), false));
    }
    if (System.getProperty("config.update") != null) {
      Files.createDirectories(DEFAULTS.getParent());
      Files.writeString(DEFAULTS, text);
    }
    assertEquals(
        Files.readString(DEFAULTS),
        text.toString(),
        "accept it with: mvn test -Dtest=RunConfigTest -Dconfig.update");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          model.path=               | model: names no model; give model.path, a model folder, or model.new, an architecture
          model.new=bert            | model: has both path and new; give one of them
          model.dropout=1           | model.dropout: 1.0 must be in [0, 1)
          model.crossHead=1.5       | model.crossHead: 1.5 must be in [0, 1]
          data.train=[]             | data.train: names nothing to train on; give files, folders or globs
          train.evaluateEvery=5     | train.evaluateEvery: needs held-out text to evaluate on; give data.dev
          checkpoint.keepBest={metric: loss, mode: min} | checkpoint.keepBest: needs held-out text to tell what is best; give data.dev
          train.stop.steps=0        | train.stop: no limit is given, the run would not end; give steps, epochs, tokens or minutes
          optimizer.learningRate=-1 | optimizer.learningRate: -1.0 must be in [0, 100)
          optimizer.lr=1            | optimizer.lr: unknown setting; known are learningRate, valueLearningRate, weightDecay, betas, eps, clipNorm, valueClipNorm, layerDecay, schedule, valueSchedule, groups
          """)
  void partsHaveToFit(String assignment, String message) {
    var error = assertThrows(InvalidInputException.class, () -> bind(LEAST, assignment));
    assertTrue(error.getMessage().endsWith(": " + message), error.getMessage());
  }

  @Test
  void aNewModelNeedsATokenizerAndItsOwnObjective() {
    String text = "{model: {new: gpt2}, data: {train: t.txt}, train: {stop: {steps: 1}}}";
    assertEquals(
        "run:1:2: model.tokenizer: missing; a new model has none, give the folder of one",
        assertThrows(InvalidInputException.class, () -> bind(text)).getMessage());
    assertEquals(
        "run: objective.type: masked does not fit a causal model; take causal, or another"
            + " model.new.type",
        assertThrows(InvalidInputException.class, () -> bind(text, "model.tokenizer=t"))
            .getMessage());
    assertEquals(
        ObjectiveConfig.Causal.DEFAULT,
        bind(text, "model.tokenizer=t", "objective=causal").objective());
  }

  @Test
  void theObjectiveIsMaskedWhereOnlyItsKeysAreGiven() {
    assertEquals(
        1, ((ObjectiveConfig.Masked) bind(LEAST, "objective.maskings=1").objective()).maskings());
  }

  @Test
  void aMemoryTakesTheWidthOfTheModelAndCountsBlocksFromBothEnds() {
    AddedMemoryConfig memory =
        bind(LEAST, "model.memory={layers: [0, -1], layer: {type: memory-plus, heads: 2}}")
            .model()
            .memory();
    MemoryPlacement placement = memory.in(6, 384);
    assertEquals(List.of(0, 5), placement.layers());
    assertEquals(
        MemoryConfig.fromJson(
            JsonNodeFactory.instance
                .objectNode()
                .put("type", "memory-plus")
                .put("dim", 384)
                .put("heads", 2)),
        placement.layer());
  }

  @Test
  void adaptersAreOnAllProjectionsOfAllBlocksUnlessSaid() {
    assertEquals(
        new AdapterConfig(List.of(0, 1, 2), 16, 32, AdapterConfig.TARGETS), adapters("{}").in(3));
    assertEquals(
        new AdapterConfig(List.of(0, 2), 4, 1.5, List.of("q_proj", "v_proj")),
        adapters("{layers: [-1, 0], rank: 4, alpha: 1.5, targets: [v_proj, q_proj]}").in(3));
    assertThrows(InvalidInputException.class, () -> adapters("{layers: [3]}").in(3));
    assertThrows(InvalidInputException.class, () -> adapters("{layers: [-4]}").in(3));
  }

  private static AddedAdaptersConfig adapters(String text) {
    return Objects.requireNonNull(bind(LEAST, "model.adapters=" + text).model().adapters());
  }

  @ParameterizedTest
  @CsvSource({
    "rank: 0, model.adapters.rank",
    "alpha: 0, model.adapters.alpha",
    "alpha: .inf, model.adapters.alpha",
    "targets: [q], model.adapters.targets",
    "ranks: 2, model.adapters.ranks"
  })
  void errorsOfAdaptersNameTheKey(String text, String key) {
    assertEquals(
        key, assertThrows(InvalidInputException.class, () -> adapters("{" + text + "}")).key());
  }

  @Test
  void errorsOfMemoriesNameTheKeyInTheFile() {
    assertEquals(
        "run:3:38: model.memory.layer.slotsPerHead: slotsPerHead 300 exceeds keysPerSide 256; lower"
            + " memory.slotsPerHead",
        assertThrows(
                InvalidInputException.class,
                () ->
                    bind(
                        """
                        data: {train: t}
                        train: {stop: {steps: 1}}
                        model: {path: m, memory: {layer: {   slotsPerHead: 300, type: product-key}}}
                        """))
            .getMessage());
  }
}
