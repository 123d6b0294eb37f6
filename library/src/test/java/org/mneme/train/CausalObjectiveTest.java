package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.CausalBatches;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.Gpt2Config;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.train.TinyTraining.SameBatch;
import org.mneme.train.TinyTraining.Watcher;

/// Causal models in training, with memories and without.
class CausalObjectiveTest {
  private static final CausalBatches BATCHES = TinyModel.nextTokens(60, 160, 3);
  private static final int STEPS = 9;
  private static final int FIRST = 4;

  @TempDir Path temp;

  private static Gpt2Config config(@Nullable MemoryConfig memory, Placement placement) {
    return memory == null
        ? TinyModel.causal()
        : TinyModel.causal()
            .withMemory(new MemoryPlacement(List.of(0, 1), placement, ReadAt.ALL, memory));
  }

  private static Gpt2Config config(QueryNorm norm) {
    return config(TinyTraining.memory(norm), Placement.BESIDE);
  }

  private static CausalObjective objective(CausalLanguageModel model) {
    return new CausalObjective(model, BATCHES, ObjectiveConfig.Causal.DEFAULT);
  }

  private static Watcher train(CausalLanguageModel model, Objective objective, long steps) {
    Watcher watcher = new Watcher();
    try (Trainer trainer = new Trainer(model.parameters(), objective, TinyTraining.config(steps))) {
      var unused = trainer.run(watcher);
    }
    return watcher;
  }

  @Test
  void theLossStartsAtThatOfRandomGuesses() {
    try (var model = new CausalLanguageModel(config(null, Placement.BESIDE), 11)) {
      double first = train(model, objective(model), 1).losses().getFirst();
      assertEquals(Math.log(104), first, 0.1);
    }
  }

  @ParameterizedTest
  @EnumSource(Placement.class)
  void oneBatchCanBeOverfitted(Placement placement) {
    var memory = TinyTraining.memory(QueryNorm.LAYER);
    try (var model = new CausalLanguageModel(config(memory, placement), 11)) {
      List<Double> losses = train(model, new SameBatch(objective(model)), 300).losses();
      assertTrue(losses.getLast() < 1, "the loss after 300 steps is " + losses.getLast());
    }
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    try (var one = new CausalLanguageModel(config(QueryNorm.LAYER), 11);
        var other = new CausalLanguageModel(config(QueryNorm.LAYER), 11)) {
      assertEquals(
          train(one, objective(one), 6).losses(), train(other, objective(other), 6).losses());
      Bits.assertSame(Bits.of(one.parameters()), Bits.of(other.parameters()));
    }
  }

  @Test
  void theSizeOfPartsDoesNotMatter() {
    try (var one = new CausalLanguageModel(config(QueryNorm.LAYER), 11);
        var other = new CausalLanguageModel(config(QueryNorm.LAYER), 11)) {
      List<Double> apart = train(one, objective(one), 6).losses();
      List<Double> whole = train(other, new TinyTraining.Whole(objective(other)), 6).losses();
      for (int i = 0; i < apart.size(); i++) {
        assertEquals(whole.get(i), apart.get(i), 1e-5);
      }
    }
  }

  @Test
  void aBatchNormIsTrainedOnlyWhereItIsAllowed() {
    try (var model = new CausalLanguageModel(config(QueryNorm.BATCH), 11)) {
      var problem = assertThrows(InvalidInputException.class, () -> objective(model));
      assertEquals("model.memory.layer.queryNorm", problem.key());
      assertTrue(problem.getMessage().contains("allowBatchNorm"), problem.getMessage());
      var allowed = new CausalObjective(model, BATCHES, new ObjectiveConfig.Causal(true));
      assertFalse(allowed.divisible());
      assertEquals(2, train(model, allowed, 2).losses().size());
    }
  }

  @Test
  void dropoutOfAMemoryKeepsABatchInOnePart() {
    var memory =
        TinyModel.memory(16)
            .with(layer -> {
              layer.queryNorm = QueryNorm.LAYER;
              layer.valueDropout = 0.1;
            });
    try (var dropping = new CausalLanguageModel(config(memory, Placement.BESIDE), 11);
        var steady = new CausalLanguageModel(config(QueryNorm.LAYER), 11)) {
      assertFalse(objective(dropping).divisible());
      assertTrue(objective(steady).divisible());
    }
  }

  /// What a run leaves behind.
  private record State(Map<String, float[]> weights, Map<String, float[]> trainer) {
    static State of(PretrainedModel model, Trainer trainer) {
      try (var scope = new TensorScope()) {
        Map<String, Tensor> state = new LinkedHashMap<>(trainer.state());
        state.remove("trainer.seconds");
        return new State(Bits.of(model.parameters()), Bits.of(state));
      }
    }

    void assertSame(State other) {
      Bits.assertSame(weights, other.weights);
      Bits.assertSame(trainer, other.trainer);
    }
  }

  private static Trainer trainer(PretrainedModel model) {
    return new Trainer(
        model.parameters(), objective(model.causalLanguageModel()), TinyTraining.config(STEPS));
  }

  private PretrainedModel fresh(double dropout) {
    return PretrainedModel.create(
        config(QueryNorm.LAYER).withDropout(dropout), TinyModel.resources(), 11);
  }

  @Test
  void aRunThatWasInterruptedEqualsOneThatWasNot() {
    checkInterruption(0);
  }

  @Test
  void aRunWithDropoutThatWasInterruptedEqualsOneThatWasNot() {
    checkInterruption(0.2);
  }

  private void checkInterruption(double dropout) {
    State whole;
    List<Double> losses;
    try (PretrainedModel model = fresh(dropout);
        Trainer trainer = trainer(model)) {
      Watcher watcher = new Watcher();
      var unused = trainer.run(watcher);
      whole = State.of(model, trainer);
      losses = watcher.losses();
    }
    Path checkpoint = temp.resolve("checkpoint");
    try (PretrainedModel model = fresh(dropout);
        Trainer trainer = trainer(model)) {
      assertTrue(trainer.run(new Watcher(FIRST)).stopped());
      TrainingCheckpoint.write(checkpoint, model, trainer);
    }
    try (PretrainedModel model =
            PretrainedModel.loadWithHead(checkpoint, 1, config -> config.withDropout(dropout));
        Trainer trainer = trainer(model)) {
      TrainingCheckpoint.restore(checkpoint, trainer);
      Watcher watcher = new Watcher();
      assertEquals(STEPS, trainer.run(watcher).steps());
      assertEquals(losses.subList(FIRST, STEPS), watcher.losses());
      whole.assertSame(State.of(model, trainer));
    }
  }
}
