package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mneme.train.SimpleProblem.rows;
import static org.mneme.train.SimpleProblem.simple;
import static org.mneme.train.SimpleProblem.simpleLoss;
import static org.mneme.train.SimpleProblem.tables;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.Bits;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.TinyTraining.LossOf;
import org.mneme.train.TinyTraining.Watcher;

/// Clipping and decay.
class TrainerUpdatesTest {
  @Test
  void denseGradientsAndTablesAreClippedApart() {
    double norm = 3 * Math.sqrt(3);
    double valueNorm = 4 * Math.sqrt(4);
    for (double[] clip : new double[][] {{0, 0}, {1, 0}, {0, 2}, {0.5, 0.25}, {100, 100}}) {
      Parameters parameters = simple();
      var tables = tables(parameters, "x.memory.values");
      LossOf loss = new LossOf(step -> simpleLoss(parameters, tables), tables);
      try (parameters;
          Trainer trainer =
              new Trainer(parameters, loss, TinyTraining.clipped(1, 1e-2, clip[0], clip[1]));
          var scope = new TensorScope()) {
        Watcher watcher = new Watcher();
        trainer.run(watcher);
        assertEquals(norm, watcher.steps.getFirst().gradientNorm(), 1e-6);
        assertEquals(
            clip[1] == 0 ? Double.NaN : valueNorm,
            watcher.steps.getFirst().valueGradientNorm(),
            1e-6);
        double dense = clip[0] == 0 ? 1 : Math.min(1, clip[0] / norm);
        double table = clip[1] == 0 ? 1 : Math.min(1, clip[1] / valueNorm);
        assertEquals(0.1 * 3 * dense, first(trainer, "w.first")[0], 1e-6);
        assertEquals(0.1 * 4 * table, first(trainer, "x.memory.values.first_moment")[2], 1e-6);
      }
    }
  }

  private static float[] first(Trainer trainer, String name) {
    return Tensors.floats(trainer.state().get(name));
  }

  @Test
  void matricesDecayAndNothingElse() {
    try (Parameters parameters = new Parameters();
        var scope = new TensorScope()) {
      for (String name : List.of("matrix", "a.memory.keys", "a.memory.values")) {
        Tensor unused = parameters.parameter(name, Tensors.of(new float[] {8, 8}, 2, 1));
      }
      Tensor unused = parameters.parameter("bias", Tensors.of(new float[] {8, 8}, 2));
      Trainer.Settings config =
          new Trainer.Settings(
              TrainConfig.ofSteps(1),
              TinyTraining.PLAIN.with(optimizer -> {
                optimizer.learningRate = 0.1;
                optimizer.weightDecay = 0.5;
                optimizer.clipNorm = 0;
              }),
              5);
      var tables = tables(parameters, "a.memory.values");
      LossOf zero =
          new LossOf(
              step ->
                  parameters
                      .get("matrix")
                      .sum()
                      .add(parameters.get("bias").sum())
                      .add(parameters.get("a.memory.keys").sum())
                      .add(rows(tables, 0).sum())
                      .mul(new Scalar(0.0)),
              tables);
      try (Trainer trainer = new Trainer(parameters, zero, config)) {
        trainer.run(new Watcher());
      }
      Map<String, float[]> after = Bits.of(parameters);
      assertArrayEquals(new float[] {7.6f, 7.6f}, after.get("matrix"), 1e-6f);
      for (String name : List.of("bias", "a.memory.keys", "a.memory.values")) {
        assertArrayEquals(new float[] {8, 8}, after.get(name), name);
      }
    }
  }
}
