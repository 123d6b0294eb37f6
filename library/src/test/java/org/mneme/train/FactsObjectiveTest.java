package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.TinyModel;
import org.mneme.data.task.FactBatches;
import org.mneme.data.task.FactExample;
import org.mneme.data.task.FactRows;
import org.mneme.data.task.Place;
import org.mneme.evaluate.FactsEvaluation;
import org.mneme.evaluate.TokenReads;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SparseMemory;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.CausalTransformer;
import org.mneme.model.CausalTransformer.Split;
import org.mneme.model.Gpt2Config;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;
import org.mneme.train.TinyTraining.Watcher;

class FactsObjectiveTest {
  private static final int STEPS = 12;
  private static final String BACKBONE = "backbone";

  @TempDir private Path folder;

  private static FactRows facts(int count) {
    try (Tokenizer tokenizer = TinyModel.tokenizer()) {
      List<FactExample> facts =
          TinyModel.sentences(count, 8).stream()
              .map(text -> {
                int cut = text.indexOf(' ', text.length() / 2);
                Place place = new Place(Path.of("facts.txt"), 1);
                return new FactExample(text.substring(0, cut), text.substring(cut), place);
              })
              .toList();
      return FactRows.of(tokenizer, facts, 32);
    }
  }

  /// A model with a memory in one block.
  private static CausalLanguageModel model(int block) {
    Gpt2Config config =
        TinyModel.causal()
            .withDropout(0)
            .withMemory(
                new MemoryPlacement(
                    List.of(block),
                    Placement.BESIDE,
                    ReadAt.ALL,
                    TinyTraining.memory(QueryNorm.LAYER)));
    return new CausalLanguageModel(config, 11);
  }

  private BlockOutputs below(CausalLanguageModel model, Split split, FactRows rows) {
    return BlockOutputs.of(
        (CausalTransformer) model.base(),
        split,
        IntStream.range(0, rows.size()).mapToObj(rows::ids).toList(),
        folder);
  }

  /// Losses of a training of the memory.
  private static List<Double> losses(
      CausalLanguageModel model, FactRows rows, @Nullable BlockOutputs below) {
    Watcher watcher = new Watcher();
    try (Trainer trainer =
        new Trainer(
            model.parameters(),
            new FactsObjective(model, new FactBatches(rows, 8, 3), below, OptionalLong.empty()),
            TinyTraining.config(STEPS, BACKBONE))) {
      var unused = trainer.run(watcher);
    }
    return watcher.losses();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatBlocksBelowGiveIsKeptAndChangesNothing(int block) {
    FactRows rows = facts(40);
    try (var plain = model(block);
        var kept = model(block);
        var fresh = model(block);
        var scope = new TensorScope()) {
      Split memory = new Split(block, true);
      CausalTransformer base = (CausalTransformer) kept.base();
      assertEquals(Optional.of(memory), base.split(name -> name.contains(".memory.")));
      List<Double> expected = losses(plain, rows, null);
      List<Double> found = losses(kept, rows, below(kept, memory, rows));
      for (int step = 0; step < STEPS; step++) {
        assertEquals(expected.get(step), found.get(step), 1e-4, "loss of step " + step);
      }
      fresh
          .parameters()
          .all()
          .forEach((name, weight) -> {
            float[] after = Tensors.floats(kept.parameters().get(name));
            boolean same = Arrays.equals(Tensors.floats(weight), after);
            assertEquals(!name.contains(".memory."), same, name);
          });
    }
  }

  @Test
  void queriesOfTheFactsBecomeWhite() {
    FactRows rows = facts(60);
    try (var model = model(1);
        var below = below(model, new Split(1, true), rows)) {
      SparseMemory memory = model.base().sparseMemories().get(1);
      Set<Integer> before = slotsRead(model, rows);
      below.whitenQueries(7);
      assertTrue(slotsRead(model, rows).size() >= before.size(), "as many slots or more are read");
      Tensor weight = model.parameters().get("transformer.h.1.memory.query.weight");
      float[] drawn = Tensors.floats(weight);
      below.whitenQueries(7);
      assertArrayEquals(drawn, Tensors.floats(weight), "the same seed draws the same");
      assertEquals(1, memory.config().query().layers());
    }
  }

  private static Set<Integer> slotsRead(CausalLanguageModel model, FactRows rows) {
    Set<Integer> slots = new HashSet<>();
    for (int row = 0; row < rows.size(); row++) {
      Objects.requireNonNull(TokenReads.of(model.base(), rows.ids(row), 4).get(1))
          .forEach(reads -> reads.forEach(read -> slots.add(read.slot())));
    }
    return slots;
  }

  @Test
  void splitsAreFoundByWhatChanges() {
    try (var model = model(1)) {
      CausalTransformer base = (CausalTransformer) model.base();
      assertEquals(Optional.empty(), base.split(_ -> true));
      assertEquals(Optional.empty(), base.split(name -> name.endsWith("wte.weight")));
      assertEquals(Optional.empty(), base.split(name -> name.endsWith("wpe.weight")));
      assertEquals(Optional.of(new Split(1, false)), base.split(name -> name.contains(".h.1.")));
      assertEquals(Optional.of(new Split(2, false)), base.split(name -> name.contains("ln_f")));
      assertEquals(Optional.of(new Split(2, false)), base.split(_ -> false));
    }
  }

  @Test
  void factsAreLearnt() {
    FactRows rows = facts(24);
    try (var model = model(1)) {
      FactsEvaluation.Score before = FactsEvaluation.evaluate(model, rows);
      try (var below = below(model, new Split(1, false), rows)) {
        FactsEvaluation.Score same = FactsEvaluation.evaluate(model, rows, below);
        assertEquals(before.loss(), same.loss(), 1e-5);
        assertEquals(before.accuracy(), same.accuracy(), 1e-9);
      }
      var objective =
          new FactsObjective(model, new FactBatches(rows, 8, 3), null, OptionalLong.empty());
      try (Trainer trainer =
          new Trainer(model.parameters(), objective, TinyTraining.config(300, BACKBONE))) {
        var unused = trainer.run(new Watcher());
      }
      FactsEvaluation.Score after = FactsEvaluation.evaluate(model, rows);
      assertTrue(after.loss() < before.loss() - 0.1, before + " -> " + after);
      assertTrue(after.accuracy() > 0.5, before + " -> " + after);
      assertTrue(after.exact() > 0, after.toString());
      assertEquals(rows.size(), after.facts());
    }
  }
}
