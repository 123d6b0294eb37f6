package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.PointerCount;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.TinyTraining.LossOf;
import org.mneme.train.TinyTraining.Watcher;

class WeightAverageTest {
  private static final int FROM = 2;
  private static final double DECAY = 0.75;

  private static Parameters parameters() {
    Parameters parameters = new Parameters();
    try (var scope = new TensorScope()) {
      Tensor unused = parameters.parameter("w", Tensors.of(new float[] {1, -2, 3}, 3));
    }
    return parameters;
  }

  private static Trainer.Settings settings(long steps) {
    return TinyTraining.with(
        TinyTraining.clipped(steps, 1e-2, 0, 0),
        train -> {
          train.average = new AverageConfig(DECAY, FROM);
          train.evaluateEvery = 1;
        });
  }

  @Test
  void evaluationsSeeTheAverageAndTrainingDoesNot() {
    List<float[]> evaluated = new ArrayList<>();
    List<float[]> weights = new ArrayList<>();
    try (Parameters parameters = parameters();
        Trainer trainer =
            new Trainer(
                parameters,
                LossOf.function(() -> parameters.get("w").square().sum()),
                settings(6))) {
      trainer.run(
          new Watcher() {
            @Override
            public void stepped(Step step) {
              weights.add(Tensors.floats(parameters.get("w")));
            }

            @Override
            public Map<String, Double> evaluate(long step) {
              evaluated.add(Tensors.floats(parameters.get("w")));
              return Map.of();
            }
          });
      assertArrayEquals(weights.getLast(), Tensors.floats(parameters.get("w")));
      assertArrayEquals(
          evaluated.getLast(), trainer.averaged(() -> Tensors.floats(parameters.get("w"))));
    }
    double[] average = new double[3];
    for (int step = 1; step <= 6; step++) {
      float[] now = weights.get(step - 1);
      for (int i = 0; i < 3; i++) {
        average[i] = step <= FROM + 1 ? now[i] : DECAY * average[i] + (1 - DECAY) * now[i];
        assertEquals(average[i], evaluated.get(step - 1)[i], 1e-6, "step " + step);
      }
    }
  }

  @Test
  void whatIsTrainedOnlySinceARunGoesOnHasAnAverageToo() {
    var config = new AverageConfig(DECAY, 0);
    try (var scope = new TensorScope();
        Parameters parameters = parameters()) {
      Tensor w = parameters.get("w");
      Tensor late = parameters.parameter("late", Tensors.of(new float[] {4}, 1));
      try (var before = new WeightAverage(config, Map.of("w", w));
          var after = new WeightAverage(config, Map.of("w", w, "late", late))) {
        before.stepped(1);
        after.restore(before.state());
        after.stepped(2);
        assertEquals(Set.of("w.average", "late.average"), after.state().keySet());
        assertArrayEquals(new float[] {4}, after.during(() -> Tensors.floats(late)));
      }
    }
  }

  @Test
  void averagesLeaveNoTensorsBehind() {
    try (Parameters parameters = parameters();
        Trainer trainer =
            new Trainer(
                parameters, LossOf.function(() -> parameters.get("w").sum()), settings(20))) {
      List<Long> counts = new ArrayList<>();
      trainer.run(
          new Watcher() {
            @Override
            public void settled(Step step) {
              counts.add(step.step() == 5 ? PointerCount.settled() : PointerCount.now());
            }
          });
      assertEquals(counts.get(4), counts.getLast());
    }
  }
}
