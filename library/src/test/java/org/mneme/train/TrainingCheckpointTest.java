package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.memory.QueryNorm;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.DivergenceConfig.Policy;
import org.mneme.train.TinyTraining.Watcher;

/// Golden weights with memories, trained, interrupted and taken up again.
class TrainingCheckpointTest {
  private static final int STEPS = 9;
  private static final int FIRST = 4;

  @TempDir Path temp;
  private Path plain = Path.of("");

  @BeforeEach
  void copyGoldenModel() {
    plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
  }

  private Path augmented(QueryNorm norm, ReadAt readAt, List<Integer> blocks) {
    var memory = TinyModel.memory(40).with(layer -> layer.queryNorm = norm);
    return augmented(memory, readAt, blocks);
  }

  private Path augmented(MemoryConfig memory, ReadAt readAt, List<Integer> blocks) {
    Path folder = temp.resolve("augmented");
    var placement = new MemoryPlacement(blocks, Placement.BESIDE, readAt, memory);
    try (PretrainedModel model = PretrainedModel.augment(plain, placement, 3)) {
      model.save(folder);
    }
    return folder;
  }

  private static PretrainedModel load(Path folder, double dropout) {
    return PretrainedModel.loadWithHead(folder, 1, config -> config.withDropout(dropout));
  }

  private static Trainer trainer(PretrainedModel model, String... frozen) {
    return trainer(model, 0, TinyTraining.config(STEPS, frozen));
  }

  private static Trainer trainer(PretrainedModel model, int maskings, Trainer.Settings config) {
    return new Trainer(
        model.parameters(),
        new MaskedObjective(model.maskedLanguageModel(), TinyTraining.BATCHES, maskings, 1),
        config);
  }

  private record State(
      Map<String, float[]> weights, Map<String, float[]> trainer, List<Double> losses) {
    static State of(PretrainedModel model, Trainer trainer, Watcher watcher) {
      try (var scope = new TensorScope()) {
        Map<String, Tensor> state = new LinkedHashMap<>(trainer.state());
        state.remove("trainer.seconds");
        return new State(Bits.of(model.parameters()), Bits.of(state), watcher.losses());
      }
    }
  }

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(QueryNorm.LAYER, 0, List.of(), 0, "nothing"),
        Arguments.of(QueryNorm.LAYER, 0, List.of("backbone"), 0, "keys,window=3,threshold=0.7"),
        Arguments.of(QueryNorm.BATCH, 0, List.of(), 3, "slots,window=3,threshold=0.7"),
        Arguments.of(QueryNorm.BATCH, 0.2, List.of("*.word_embeddings.*"), 0, "nothing"),
        Arguments.of(QueryNorm.BATCH, 0, List.of("backbone"), 1, "keys,window=6,threshold=0.7"));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aRunThatWasInterruptedEqualsOneThatWasNot(
      QueryNorm norm, double dropout, List<String> frozen, int maskings, String revival) {
    checkInterruption(
        maskings == 1
            ? augmented(norm, ReadAt.TARGETS, List.of(2)) // what is frozen runs once
            : augmented(norm, ReadAt.ALL, List.of(0, 2)),
        dropout,
        maskings,
        TinyTraining.with(
            TinyTraining.config(STEPS, frozen.toArray(String[]::new)),
            train -> train.revival = RevivalConfig.parse(revival)));
  }

  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void anInterruptedRunOfAnyMemoryEqualsOneThatWasNot(MemoryType type) {
    var memory =
        TinyModel.memory(type, 40)
            .with(layer -> {
              layer.queryNorm = QueryNorm.BATCH;
              layer.sharedTable = "one";
            });
    RevivalConfig revival = RevivalConfig.parse("slots,window=3,threshold=0.7");
    checkInterruption(
        augmented(memory, ReadAt.ALL, List.of(0, 2)),
        0,
        0,
        TinyTraining.with(TinyTraining.config(STEPS), train -> train.revival = revival));
  }

  /// What a checkpoint holds beside weights and moments: an average, several batches to a step,
  /// losses, skipped steps, and what evaluations have come to.
  static Stream<Consumer<TrainConfig.Draft>> features() {
    return Stream.of(
        train -> train.average = new AverageConfig(0.9, 2),
        train -> train.average = new AverageConfig(0.9, FIRST + 1),
        train -> train.accumulate = 3,
        train -> train.gradientCheckpointing = true,
        train -> train.divergence = new DivergenceConfig(Policy.SKIP, 1.001, 2, STEPS),
        train -> {
          train.earlyStop = new EarlyStopConfig("at", EarlyStopConfig.Mode.MAX, 2, 0);
          train.evaluateEvery = 1;
        });
  }

  @ParameterizedTest
  @MethodSource("features")
  void anInterruptedRunWithAnyFeatureEqualsOneThatWasNot(Consumer<TrainConfig.Draft> feature) {
    checkInterruption(
        augmented(QueryNorm.BATCH, ReadAt.ALL, List.of(2)),
        0.1,
        0,
        TinyTraining.with(TinyTraining.config(STEPS), feature));
    checkInterruption(plain, 0, 0, TinyTraining.with(TinyTraining.config(STEPS), feature));
  }

  private void checkInterruption(
      Path start, double dropout, int maskings, Trainer.Settings config) {
    State whole;
    try (PretrainedModel model = load(start, dropout);
        Trainer trainer = trainer(model, maskings, config)) {
      Watcher watcher = new Watcher();
      trainer.run(watcher);
      whole = State.of(model, trainer, watcher);
    }
    Path checkpoint = temp.resolve("checkpoint");
    State interrupted;
    try (PretrainedModel model = load(start, dropout);
        Trainer trainer = trainer(model, maskings, config)) {
      Watcher watcher = new Watcher(FIRST);
      assertTrue(trainer.run(watcher).stopped());
      TrainingCheckpoint.write(checkpoint, model, trainer);
      assertTrue(TrainingCheckpoint.isOne(checkpoint));
      interrupted = State.of(model, trainer, watcher);
      assertEquals(whole.losses.subList(0, FIRST), watcher.losses());
    }
    try (PretrainedModel model = load(checkpoint, dropout);
        Trainer trainer = trainer(model, maskings, config)) {
      TrainingCheckpoint.restore(checkpoint, trainer);
      State restored = State.of(model, trainer, new Watcher());
      Bits.assertSame(interrupted.weights, restored.weights);
      Bits.assertSame(interrupted.trainer, restored.trainer);
      Watcher watcher = new Watcher();
      Trainer.Outcome outcome = trainer.run(watcher);
      assertEquals(STEPS, outcome.steps());
      assertEquals(whole.losses.subList(FIRST, whole.losses.size()), watcher.losses());
      State resumed = State.of(model, trainer, watcher);
      Bits.assertSame(whole.weights, resumed.weights);
      Bits.assertSame(whole.trainer, resumed.trainer);
    }
  }

  @Test
  void theClockGoesOn() {
    Path checkpoint = temp.resolve("checkpoint");
    try (PretrainedModel model = load(plain, 0);
        Trainer trainer = trainer(model)) {
      Trainer.Outcome first = trainer.run(new Watcher(FIRST));
      TrainingCheckpoint.write(checkpoint, model, trainer);
      try (Trainer second = trainer(model)) {
        TrainingCheckpoint.restore(checkpoint, second);
        assertEquals(first, second.run(new Watcher(0)));
        Watcher watcher = new Watcher(1);
        assertTrue(second.run(watcher).seconds() > first.seconds());
        assertTrue(watcher.steps.getFirst().tokens() > first.tokens());
      }
    }
  }

  @Test
  void aCheckpointIsAModelFolderToo() {
    Path checkpoint = temp.resolve("checkpoint");
    try (PretrainedModel model = load(plain, 0);
        Trainer trainer = trainer(model)) {
      trainer.run(new Watcher(1));
      TrainingCheckpoint.write(checkpoint, model, trainer);
      try (PretrainedModel again = PretrainedModel.load(checkpoint)) {
        Bits.assertSame(Bits.of(model.parameters()), Bits.of(again.parameters()));
      }
    }
  }

  @Test
  void aCheckpointWithoutAllOfItsStateIsRefused() throws IOException {
    Path checkpoint = temp.resolve("checkpoint");
    try (PretrainedModel model = load(plain, 0);
        Trainer trainer = trainer(model)) {
      model.save(checkpoint);
      assertFalse(TrainingCheckpoint.isOne(checkpoint));
      var absent =
          assertThrows(
              InvalidInputException.class, () -> TrainingCheckpoint.restore(checkpoint, trainer));
      assertEquals(InvalidInputException.Kind.WEIGHTS, absent.kind());
      assertTrue(absent.getMessage().contains("checkpoint.json"), absent.getMessage());

      TrainingCheckpoint.write(checkpoint, model, trainer);
      Path file = checkpoint.resolve("trainer.safetensors");
      Files.delete(file);
      var lacking =
          assertThrows(
              InvalidInputException.class, () -> TrainingCheckpoint.restore(checkpoint, trainer));
      assertEquals(file.toString(), lacking.key());
    }
  }

  @Test
  void countersAreExactInTheFile() {
    Path checkpoint = temp.resolve("checkpoint");
    try (PretrainedModel model = load(plain, 0);
        Trainer trainer = trainer(model)) {
      trainer.run(new Watcher(2));
      TrainingCheckpoint.write(checkpoint, model, trainer);
      try (var scope = new TensorScope();
          var file = SafetensorsFile.open(checkpoint.resolve("trainer.safetensors"))) {
        assertEquals(2, Tensors.longs(file.tensor("trainer.step"))[0]);
        assertEquals(
            TinyTraining.BATCHES.batch(0).tokens() + TinyTraining.BATCHES.batch(1).tokens(),
            Tensors.longs(file.tensor("trainer.step"))[1]);
      }
    }
  }
}
