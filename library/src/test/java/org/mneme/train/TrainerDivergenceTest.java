package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.train.SimpleProblem.infinitelySteep;
import static org.mneme.train.SimpleProblem.rows;
import static org.mneme.train.SimpleProblem.simple;
import static org.mneme.train.SimpleProblem.simpleLoss;
import static org.mneme.train.SimpleProblem.tables;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.Bits;
import org.mneme.DivergenceException;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ValueTable;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.DivergenceConfig.Policy;
import org.mneme.train.TinyTraining.LossOf;
import org.mneme.train.TinyTraining.Watcher;

/// What happens when a step goes astray.
class TrainerDivergenceTest {
  private static MaskedObjective objective(MaskedLanguageModel model) {
    return new MaskedObjective(model, TinyTraining.BATCHES, 0, 1);
  }

  /// What diverges at step 2 (from 0): the loss, the dense gradient or the table's.
  static Stream<Arguments> divergences() {
    return Stream.of(
        Arguments.of("the loss", true),
        Arguments.of("the gradient norm", true),
        Arguments.of("the gradient norm of the values", true));
  }

  @ParameterizedTest
  @MethodSource("divergences")
  void whatIsNotFiniteEndsTheRunAndChangesNoWeight(String what) {
    try (Parameters parameters = simple()) {
      Map<String, float[]> last = new LinkedHashMap<>();
      var tables = tables(parameters, "x.memory.values");
      LongFunction<Tensor> function =
          step -> {
            if (step < 2) {
              return simpleLoss(parameters, tables);
            }
            last.putAll(Bits.of(parameters));
            Tensor finite = simpleLoss(parameters, tables);
            return switch (what) {
              case "the loss" -> finite.mul(new Scalar(Double.POSITIVE_INFINITY));
              case "the gradient norm" -> finite.add(infinitelySteep(parameters.get("w")));
              default -> finite.add(infinitelySteep(rows(tables, 1, 2)));
            };
          };
      LossOf loss = new LossOf(function, tables);
      try (Trainer trainer = new Trainer(parameters, loss, TinyTraining.clipped(9, 1e-2, 1, 1))) {
        Watcher watcher = new Watcher();
        var thrown = assertThrows(DivergenceException.class, () -> trainer.run(watcher));
        assertEquals(3, thrown.step());
        assertEquals(watcher.losses().getLast(), thrown.lastFiniteLoss());
        assertTrue(thrown.getMessage().contains(what + " is not finite"), thrown.getMessage());
        assertEquals(2, watcher.steps.size());
        assertEquals(2, trainer.steps());
      }
      Bits.assertSame(last, Bits.of(parameters));
      try (var scope = new TensorScope()) {
        assertFalse(parameters.get("w").grad().defined());
        assertTrue(tables.get("x.memory.values").gradient().isEmpty());
      }
    }
  }

  @Test
  void hugeRatesNeverLeaveWeightsThatAreNoNumbers() {
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        Trainer trainer =
            new Trainer(model.parameters(), objective(model), TinyTraining.clipped(40, 99, 0, 0))) {
      try {
        trainer.run(new Watcher());
      } catch (DivergenceException e) {
        assertTrue(e.step() > 1);
      }
      Bits.of(model.parameters())
          .forEach((name, numbers) -> {
            for (float number : numbers) {
              assertFalse(Float.isNaN(number), name);
            }
          });
    }
  }

  /// A table, a vector and a buffer; every third step is astray.
  @ParameterizedTest
  @MethodSource("divergences")
  void stepsThatAreSkippedChangeNothingAndAreCounted(String what) {
    Trainer.Settings settings = skipping(9, 2);
    List<String> problems = new ArrayList<>();
    try (Parameters parameters = simple()) {
      try (var scope = new TensorScope()) {
        Tensor unused = parameters.buffer("mean", Tensors.of(new float[] {0}, 1));
      }
      var tables = tables(parameters, "x.memory.values");
      List<Map<String, float[]>> weights = new ArrayList<>();
      LossOf loss =
          new LossOf(
              step -> {
                weights.add(Bits.of(parameters));
                Tensor finite = simpleLoss(parameters, tables);
                if (step % 3 != 2) {
                  return finite;
                }
                var unused = parameters.get("mean").add_(new Scalar(1.0));
                return astray(what, finite, parameters, tables);
              },
              tables);
      try (Trainer trainer = new Trainer(parameters, loss, settings)) {
        Watcher watcher =
            new Watcher() {
              @Override
              public void skipped(Step step, String problem) {
                assertEquals(0, step.step() % 3);
                problems.add(problem);
              }
            };
        Trainer.Outcome outcome = trainer.run(watcher);
        assertEquals(9, outcome.steps());
        assertEquals(3, outcome.skipped());
        assertEquals(6, watcher.steps.size());
      }
      assertEquals(List.of(what + " is not finite"), problems.stream().distinct().toList());
      Bits.assertSame(weights.get(2), weights.get(3));
      assertFalse(Arrays.equals(weights.get(3).get("w"), weights.get(4).get("w")));
      assertFalse(
          Arrays.equals(
              weights.get(3).get("x.memory.values"), weights.get(4).get("x.memory.values")));
    }
  }

  private static Tensor astray(
      String what, Tensor finite, Parameters parameters, Map<String, ValueTable> tables) {
    return switch (what) {
      case "the loss" -> finite.mul(new Scalar(Double.POSITIVE_INFINITY));
      case "the gradient norm" -> finite.add(infinitelySteep(parameters.get("w")));
      default -> finite.add(infinitelySteep(rows(tables, 1, 2)));
    };
  }

  private static Trainer.Settings skipping(long steps, int skips) {
    return TinyTraining.with(
        TinyTraining.clipped(steps, 1e-2, 1, 0),
        train -> train.divergence = new DivergenceConfig(Policy.SKIP, 3, 4, skips));
  }

  @Test
  void tooManySkipsInARowEndTheRun() {
    try (Parameters parameters = simple()) {
      LossOf loss = LossOf.function(() -> parameters.get("w").sum().mul(new Scalar(Double.NaN)));
      try (Trainer trainer = new Trainer(parameters, loss, skipping(99, 4))) {
        var thrown = assertThrows(DivergenceException.class, () -> trainer.run(new Watcher()));
        assertEquals(4, thrown.step());
      }
    }
  }

  @Test
  void aLossFarAboveItsMedianHasExploded() {
    try (Parameters parameters = simple()) {
      double[] losses = {900, 1, 2, 3, 2, 5.9, 2, 7, 1};
      LossOf loss =
          new LossOf(
              step ->
                  parameters
                      .get("w")
                      .sum()
                      .mul(new Scalar(0.0))
                      .add(new Scalar(losses[(int) step])),
              Map.of());
      try (Trainer trainer = new Trainer(parameters, loss, skipping(9, 2))) {
        Map<Long, String> problems = new LinkedHashMap<>();
        Trainer.Outcome outcome =
            trainer.run(
                new Watcher() {
                  @Override
                  public void skipped(Step step, String problem) {
                    problems.put(step.step(), problem);
                  }
                });
        // behind 1, 2, 3, 2 the median is 2; behind 3, 2, 5.9, 2 it is 2.5
        assertEquals(Set.of(), problems.keySet());
        assertEquals(0, outcome.skipped());
      }
      losses[7] = 7.6;
      try (Trainer trainer = new Trainer(parameters, loss, skipping(9, 2))) {
        assertEquals(1, trainer.run(new Watcher()).skipped());
      }
      var stopping =
          TinyTraining.with(
              skipping(9, 2),
              train -> train.divergence = new DivergenceConfig(Policy.STOP, 3, 4, 1));
      try (Trainer trainer = new Trainer(parameters, loss, stopping)) {
        var thrown = assertThrows(DivergenceException.class, () -> trainer.run(new Watcher()));
        assertEquals(8, thrown.step());
        assertTrue(thrown.getMessage().contains("exploded to 7.6"), thrown.getMessage());
        assertTrue(thrown.getMessage().contains("median 2.5"), thrown.getMessage());
      }
    }
  }

  @Test
  void thePlaceIsNamedWhereNumbersFirstLeaveTheFiniteOnes() {
    String weight = "bert.encoder.layer.1.output.dense.weight";
    assertEquals("the weights of " + weight, placeAfter(model -> fill(model, weight, Float.NaN)));
    // finite, but its products are not
    assertEquals("the output of block 1", placeAfter(model -> fill(model, weight, 3e38f)));
    var elsewhere = "bert.embeddings.LayerNorm.weight";
    assertEquals("the output of block 0", placeAfter(model -> fill(model, elsewhere, 5e37f)));
  }

  private static void fill(MaskedLanguageModel model, String name, float number) {
    try (var scope = new TensorScope()) {
      var unused = model.parameters().get(name).detach().fill_(new Scalar(number));
    }
  }

  private static String placeAfter(Consumer<MaskedLanguageModel> harm) {
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer =
            new Trainer(model.parameters(), objective(model), TinyTraining.config(9))) {
      harm.accept(model);
      var thrown = assertThrows(DivergenceException.class, () -> trainer.run(new Watcher()));
      return thrown.place().orElse("");
    }
  }

  @Test
  void theParameterOfAGradientIsNamed() {
    try (Parameters parameters = simple()) {
      LossOf loss = LossOf.function(() -> infinitelySteep(parameters.get("w")));
      try (Trainer trainer = new Trainer(parameters, loss, TinyTraining.clipped(9, 1e-2, 1, 0))) {
        var thrown = assertThrows(DivergenceException.class, () -> trainer.run(new Watcher()));
        assertEquals("the gradient of w", thrown.place().orElse(""));
        var told = thrown.withCheckpoint(Path.of("run", "step-8"));
        assertEquals(Path.of("run", "step-8"), told.checkpoint().orElseThrow());
        assertTrue(told.getMessage().contains("first in the gradient of w"), told.getMessage());
        assertTrue(told.getMessage().contains("step-8"), told.getMessage());
      }
    }
  }
}
