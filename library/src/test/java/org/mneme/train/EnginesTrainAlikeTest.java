package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.memory.Engines;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.MemoryType;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.train.TinyTraining.LossOf;
import org.mneme.train.TinyTraining.Watcher;

/// All engines lead the same model the same way.
class EnginesTrainAlikeTest {
  private static final int STEPS = 50;
  private static final int TOKENS = 24;
  private static final int DIM = 16;
  private static final int CLASSES = 5;

  private static SparseMemoryConfig memory(MemoryType type) {
    return type.defaults(DIM)
        .with(memory -> {
          memory.heads = 2;
          memory.slotsPerHead = 6;
          memory.queryDim = 8;
          memory.keys = memory.keys instanceof ProductKeys ? new ProductKeys(12) : new FlatKeys(90);
        });
  }

  /// Two memories, each added to what it reads, and a linear readout.
  private record Model(MemoryLayer lower, MemoryLayer upper, Tensor readout) {
    static Model create(MemoryType type, Parameters parameters, MemoryEngine engine) {
      torch.ScalarType floats = torch.ScalarType.Float;
      MemoryLayer lower = MemoryLayer.create(memory(type), parameters, "lower.", 1, floats, engine);
      MemoryLayer upper = MemoryLayer.create(memory(type), parameters, "upper.", 1, floats, engine);
      try (var scope = new TensorScope()) {
        Randomness.seed(2);
        Tensor readout = Randomness.normal(0.2, CLASSES, DIM);
        return new Model(lower, upper, parameters.parameter("readout", readout));
      }
    }

    Map<String, ValueTable> tables() {
      Map<String, ValueTable> tables = new LinkedHashMap<>(lower.tables());
      tables.putAll(upper.tables());
      return tables;
    }

    /// Cross-entropy on tokens drawn for the step, whose classes a fixed matrix decides.
    Tensor loss(long step) {
      try (var scope = new TensorScope()) {
        Randomness.seed(100 + step);
        Tensor x = Randomness.normal(1, TOKENS, DIM);
        Randomness.seed(3);
        Tensor targets = x.mm(Randomness.normal(1, DIM, CLASSES)).softmax(1); // [tokens, classes]
        Tensor hidden = x.add(lower.forward(x, true));
        hidden = hidden.add(upper.forward(hidden, true));
        Tensor logits = hidden.mm(readout.t()); // [tokens, classes]
        return scope.keep(logits.log_softmax(1).mul(targets).sum(1).mean().neg());
      }
    }
  }

  private static List<Double> losses(MemoryType type, MemoryEngine engine) {
    try (var parameters = new Parameters()) {
      Model model = Model.create(type, parameters, engine);
      Trainer.Settings config = TinyTraining.clipped(STEPS, 3e-3, 1, 1);
      try (var trainer = new Trainer(parameters, new LossOf(model::loss, model.tables()), config)) {
        Watcher watcher = new Watcher();
        trainer.run(watcher);
        return watcher.losses();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void lossesAreTheSameAtEveryStep(MemoryType type) {
    List<List<Double>> all = Engines.all().stream().map(engine -> losses(type, engine)).toList();
    List<Double> oracle = all.getLast();
    assertEquals(STEPS, oracle.size());
    assertTrue(oracle.getLast() < oracle.getFirst(), "nothing was learnt: " + oracle);
    for (List<Double> losses : all) {
      for (int step = 0; step < STEPS; step++) {
        assertEquals(oracle.get(step), losses.get(step), 1e-5, "step " + step);
      }
    }
  }
}
