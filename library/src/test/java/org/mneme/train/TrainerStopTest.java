package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.TinyTraining.LossOf;
import org.mneme.train.TinyTraining.Watcher;

/// When runs end, and what they tell on the way.
class TrainerStopTest {
  private static MaskedObjective objective(MaskedLanguageModel model) {
    return new MaskedObjective(model, TinyTraining.BATCHES, 0, 1);
  }

  @Test
  void aRequestStopsBeforeTheNextStep() {
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer =
            new Trainer(model.parameters(), objective(model), TinyTraining.config(9))) {
      Watcher watcher = new Watcher(3);
      Trainer.Outcome outcome = trainer.run(watcher);
      assertTrue(outcome.stopped());
      assertEquals(3, outcome.steps());
      assertEquals(watcher.losses().getLast(), outcome.loss());
      assertFalse(trainer.run(new Watcher()).stopped());
      assertEquals(9, trainer.steps());
    }
  }

  @Test
  void timeEndsARunToo() {
    Trainer.Settings config =
        TinyTraining.with(
            TinyTraining.config(1), train -> train.stop = StopConfig.afterSeconds(1e-9));
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer = new Trainer(model.parameters(), objective(model), config)) {
      Trainer.Outcome outcome = trainer.run(new Watcher());
      assertEquals(1, outcome.steps());
      assertFalse(outcome.stopped());
      assertEquals(outcome.seconds() * 1000, outcome.msPerStep());
    }
  }

  @Test
  void eventsTellOfEveryStep() {
    Trainer.Settings config =
        new Trainer.Settings(
            TrainConfig.ofSteps(8).with(train -> train.evaluateEvery = 3),
            TinyTraining.PLAIN.with(optimizer -> {
              optimizer.learningRate = 2e-3;
              optimizer.schedule = new Schedule.Linear(2);
            }),
            5);
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer = new Trainer(model.parameters(), objective(model), config)) {
      Watcher watcher = new Watcher();
      Trainer.Outcome outcome = trainer.run(watcher);
      double[] factors = {0, 0.5, 1, 5 / 6.0, 4 / 6.0, 3 / 6.0, 2 / 6.0, 1 / 6.0};
      long tokens = 0;
      for (int i = 0; i < 8; i++) {
        TrainingEvents.Step step = watcher.steps.get(i);
        tokens += TinyTraining.BATCHES.batch(i).tokens();
        assertEquals(i + 1, step.step());
        assertEquals(tokens, step.tokens());
        assertEquals(2e-3 * factors[i], step.learningRate(), 1e-12);
        assertEquals((i + 1) / 8.0, step.progress(), 1e-12);
        assertTrue(step.gradientNorm() > 0);
        assertEquals(Double.NaN, step.valueGradientNorm());
      }
      assertEquals(tokens, outcome.tokens());
      assertEquals(Map.of(3L, Map.of("at", 3.0), 6L, Map.of("at", 6.0)), watcher.evaluations);
    }
  }

  @Test
  void tokensAndEpochsEndARunToo() {
    long first = TinyTraining.BATCHES.batch(0).tokens();
    assertEquals(1, stepsOf(new StopConfig(0, 0, first, 0, null)));
    assertEquals(2, stepsOf(new StopConfig(0, 0, first + 1, 0, null)));
    assertEquals(2, stepsOf(new StopConfig(2, 1, 0, 0, null)));
    int epoch = TinyTraining.BATCHES.batchesPerEpoch();
    assertEquals(epoch, stepsOf(new StopConfig(0, 1, 0, 0, null)));
    assertEquals((epoch + 1) / 2, stepsOf(new StopConfig(0, 0.5, 0, 0, null)));
    try (Parameters parameters = new Parameters();
        var scope = new TensorScope()) {
      Tensor w = parameters.parameter("w", Tensors.of(new float[] {1}, 1));
      var endless =
          TinyTraining.with(
              TinyTraining.config(1), train -> train.stop = new StopConfig(0, 1, 0, 0, null));
      var problem =
          assertThrows(
              InvalidInputException.class,
              () -> new Trainer(parameters, LossOf.function(w::sum), endless));
      assertEquals("train.stop.epochs", problem.key());
    }
  }

  private static long stepsOf(StopConfig stop) {
    var settings = TinyTraining.with(TinyTraining.config(1), train -> train.stop = stop);
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer = new Trainer(model.parameters(), objective(model), settings)) {
      Trainer.Outcome outcome = trainer.run(new Watcher());
      assertEquals(Trainer.Ending.LIMIT, outcome.ending());
      return outcome.steps();
    }
  }

  @Test
  void progressIsThatOfTheLimitWhichIsNearest() {
    Limits limits = new Limits(25, 1000, 40);
    assertEquals(0, limits.progress(new Limits.Place(5, 0, 0), 5));
    assertEquals(0.5, limits.progress(new Limits.Place(15, 0, 0), 5), 1e-12);
    assertEquals(0.6, limits.progress(new Limits.Place(15, 0, 0), 0), 1e-12);
    assertEquals(0.75, limits.progress(new Limits.Place(15, 10, 30), 5), 1e-12);
    assertEquals(0.9, limits.progress(new Limits.Place(15, 900, 30), 5), 1e-12);
    assertEquals(1, limits.progress(new Limits.Place(30, 0, 0), 5));
    assertFalse(limits.areReached(new Limits.Place(24, 999, 39.9)));
    assertTrue(limits.areReached(new Limits.Place(25, 0, 0)));
    assertTrue(limits.areReached(new Limits.Place(0, 1000, 0)));
    assertTrue(limits.areReached(new Limits.Place(0, 0, 40)));
  }

  /// Runs with an evaluation after every second step that gives these losses in turn.
  private static Trainer.Outcome evaluating(Consumer<TrainConfig.Draft> changes, double... losses) {
    var settings =
        TinyTraining.with(
            TinyTraining.config(100),
            train -> {
              train.evaluateEvery = 2;
              changes.accept(train);
            });
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer = new Trainer(model.parameters(), objective(model), settings)) {
      Trainer.Outcome outcome =
          trainer.run(
              new Watcher() {
                @Override
                public Map<String, Double> evaluate(long step) {
                  return Map.of("loss", losses[(int) (step / 2) - 1]);
                }
              });
      assertEquals(outcome.steps(), trainer.run(new Watcher()).steps()); // it stays over
      return outcome;
    }
  }

  @Test
  void aTargetEndsTheRun() {
    Trainer.Outcome outcome =
        evaluating(
            train -> train.stop = train.stop.withTarget(new StopConfig.Target("loss", 2.0, null)),
            5,
            3,
            1.9);
    assertEquals(6, outcome.steps());
    assertEquals(Trainer.Ending.TARGET, outcome.ending());
  }

  @Test
  void withoutABetterValueForTooLongTheRunEnds() {
    var early = new EarlyStopConfig("loss", EarlyStopConfig.Mode.MIN, 2, 0.1);
    Trainer.Outcome outcome =
        evaluating(train -> train.earlyStop = early, 5, 4, 3.95, 3.8, 3.75, 3.71, 1);
    assertEquals(12, outcome.steps());
    assertEquals(Trainer.Ending.PATIENCE, outcome.ending());
    var most = new EarlyStopConfig("loss", EarlyStopConfig.Mode.MAX, 1, 0);
    assertEquals(6, evaluating(train -> train.earlyStop = most, 5, 6, 6).steps());
  }

  private static Evaluations with(StopConfig.@Nullable Target target) {
    StopConfig stop = StopConfig.afterSteps(9).withTarget(target);
    return new Evaluations(
        TrainConfig.ofSteps(9)
            .with(train -> {
              train.evaluateEvery = 1;
              train.stop = stop;
            }));
  }

  private static boolean isReachedAfter(
      Map<String, Tensor> state, StopConfig.@Nullable Target target) {
    Evaluations later = with(target);
    later.restore(state);
    return later.isTargetReached();
  }

  @Test
  void whereARunGoesOnItsTargetIsDecidedAnew() {
    var target = new StopConfig.Target("loss", 2.0, null);
    Evaluations before = with(target);
    before.add(Map.of("loss", 1.9, "accuracy", 0.7));
    assertTrue(before.isTargetReached());
    try (var scope = new TensorScope()) {
      Map<String, Tensor> state = before.state();
      assertTrue(isReachedAfter(state, target));
      assertFalse(isReachedAfter(state, new StopConfig.Target("loss", 1.5, null)));
      assertTrue(isReachedAfter(state, new StopConfig.Target("accuracy", null, 0.6)));
      assertFalse(isReachedAfter(state, new StopConfig.Target("perplexity", 3.0, null)));
      assertFalse(isReachedAfter(state, null));
      Evaluations again = with(target);
      again.restore(state);
      assertEquals(state.keySet(), again.state().keySet());
    }
  }

  @Test
  void whetherATargetWasReachedIsReadFromCheckpointsOfEarlierBuilds() {
    try (var scope = new TensorScope()) {
      for (double reached : new double[] {0, 1}) {
        Tensor saved = Tensors.of(new double[] {Double.NaN, 0, reached}, 3);
        var target = new StopConfig.Target("loss", 2.0, null);
        assertEquals(reached == 1, isReachedAfter(Map.of("trainer.evaluations", saved), target));
        assertFalse(isReachedAfter(Map.of("trainer.evaluations", saved), null));
      }
    }
  }

  @Test
  void earlyStoppingMayBeginWhereARunGoesOn() {
    var without = new Evaluations(TrainConfig.ofSteps(9));
    without.add(Map.of("loss", 5.0));
    for (var mode : EarlyStopConfig.Mode.values()) {
      var early = new EarlyStopConfig("loss", mode, 1, 0);
      var with =
          new Evaluations(
              TrainConfig.ofSteps(9)
                  .with(train -> {
                    train.evaluateEvery = 1;
                    train.earlyStop = early;
                  }));
      try (var scope = new TensorScope()) {
        with.restore(without.state());
      }
      with.add(Map.of("loss", mode == EarlyStopConfig.Mode.MIN ? 4.0 : -4.0));
      assertFalse(with.isOutOfPatience(), "the first value is the best so far");
      with.add(Map.of("loss", mode == EarlyStopConfig.Mode.MIN ? 4.5 : -4.5));
      assertTrue(with.isOutOfPatience());
    }
  }

  @Test
  void aMetricThatIsNotEvaluatedIsNamed() {
    var early = new EarlyStopConfig("los", EarlyStopConfig.Mode.MIN, 2, 0);
    var problem =
        assertThrows(
            InvalidInputException.class, () -> evaluating(train -> train.earlyStop = early, 5));
    assertEquals("train.earlyStop.metric", problem.key());
    assertTrue(problem.getMessage().contains("take one of loss"), problem.getMessage());
  }
}
