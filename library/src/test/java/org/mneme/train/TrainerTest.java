package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.mneme.Bits;
import org.mneme.DivergenceException;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.TableGradients;
import org.mneme.memory.ValueTable;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.TinyTraining.LossOf;
import org.mneme.train.TinyTraining.SameBatch;
import org.mneme.train.TinyTraining.Watcher;
import org.mneme.train.TinyTraining.Whole;

class TrainerTest {
  private static final double LOSS_OF_GUESSING = Math.log(104);

  private static MaskedObjective objective(MaskedLanguageModel model) {
    return new MaskedObjective(model, TinyTraining.BATCHES, 0, 1);
  }

  private record Run(List<Double> losses, Map<String, float[]> weights) {
    static Run of(@Nullable MemoryConfig memory, double dropout, Trainer.Settings config) {
      try (var model = TinyTraining.model(memory, dropout);
          Trainer trainer = new Trainer(model.parameters(), objective(model), config)) {
        Watcher watcher = new Watcher();
        trainer.run(watcher);
        return new Run(watcher.losses(), Bits.of(model.parameters()));
      }
    }
  }

  @ParameterizedTest
  @NullSource
  @EnumSource(QueryNorm.class)
  void theLossAtTheStartIsThatOfGuessing(@Nullable QueryNorm norm) {
    MemoryConfig memory = norm == null ? null : TinyTraining.memory(norm);
    double loss = Run.of(memory, 0, TinyTraining.config(1)).losses.getFirst();
    assertEquals(LOSS_OF_GUESSING, loss, 0.15);
  }

  @ParameterizedTest
  @NullSource
  @EnumSource(QueryNorm.class)
  void oneBatchCanBeLearntByHeart(@Nullable QueryNorm norm) {
    MemoryConfig memory = norm == null ? null : TinyTraining.memory(norm);
    try (var model = TinyTraining.model(memory, 0);
        Trainer trainer =
            new Trainer(
                model.parameters(),
                new SameBatch(objective(model)),
                TinyTraining.clipped(120, 1e-2, 1, 0))) {
      Trainer.Outcome outcome = trainer.run(new Watcher());
      assertTrue(outcome.loss() < 0.1, "loss " + outcome.loss());
    }
  }

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(null, 0.0),
        Arguments.of(null, 0.2),
        Arguments.of(TinyTraining.memory(QueryNorm.LAYER), 0.0), // in two parts
        Arguments.of(TinyTraining.memory(QueryNorm.BATCH), 0.2),
        Arguments.of(TinyTraining.sharedExperts(QueryNorm.LAYER), 0.0),
        Arguments.of(TinyTraining.sharedExperts(QueryNorm.BATCH), 0.0),
        Arguments.of(TinyTraining.halfWidth(), 0.0),
        Arguments.of(new DenseConfig(16, 9), 0.0));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theSameSeedGivesTheSameBits(@Nullable MemoryConfig memory, double dropout) {
    Run first = Run.of(memory, dropout, TinyTraining.config(8));
    for (int i = 0; i < 3; i++) {
      Run again = Run.of(memory, dropout, TinyTraining.config(8));
      assertEquals(first.losses, again.losses);
      Bits.assertSame(first.weights, again.weights);
    }
  }

  @Test
  void batchesAreDividedWhereNothingIsSharedBetweenTheirLines() {
    for (Arguments kind : kinds().toList()) {
      MemoryConfig memory = (MemoryConfig) kind.get()[0];
      double dropout = (double) kind.get()[1];
      try (var model = TinyTraining.model(memory, dropout)) {
        boolean shared = dropout > 0 || String.valueOf(memory).contains("BATCH");
        assertEquals(!shared, objective(model).divisible());
      }
    }
  }

  @Test
  void twoPartsGiveTheLossesAndGradientsOfOne() {
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0)) {
      for (long step = 0; step < 4; step++) {
        Map<String, float[]> one = gradients(model, step, 1);
        Map<String, float[]> two = gradients(model, step, 2);
        assertEquals(one.keySet(), two.keySet());
        one.forEach((name, numbers) -> assertArrayEquals(numbers, two.get(name), 1e-5f, name));
        Map<String, float[]> many = gradients(model, step, 1000);
        one.forEach((name, numbers) -> assertArrayEquals(numbers, many.get(name), 1e-5f, name));
      }
    }
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        var whole = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        Trainer inParts =
            new Trainer(model.parameters(), objective(model), TinyTraining.config(6));
        Trainer atOnce =
            new Trainer(whole.parameters(), new Whole(objective(whole)), TinyTraining.config(6))) {
      Watcher parts = new Watcher();
      Watcher once = new Watcher();
      assertEquals(inParts.run(parts).tokens(), atOnce.run(once).tokens());
      for (int step = 0; step < 6; step++) {
        assertEquals(once.losses().get(step), parts.losses().get(step), 1e-5);
      }
    }
  }

  /// The loss and all gradients of a batch in so many parts, added up.
  private static Map<String, float[]> gradients(MaskedLanguageModel model, long step, int most) {
    float loss = 0;
    try (var scope = new TensorScope()) {
      List<Objective.Part> parts = objective(model).parts(step, most);
      assertTrue(parts.size() <= most && (most == 1 || parts.size() > 1));
      for (Objective.Part part : parts) {
        Objective.Loss one = part.loss();
        one.value().backward();
        loss += one.value().item_float();
      }
      TableGradients.materialize(model.encoder().tables());
      Map<String, float[]> gradients = new LinkedHashMap<>();
      gradients.put("loss", new float[] {loss});
      model
          .parameters()
          .trained()
          .forEach((name, tensor) -> gradients.put(name, Tensors.floats(tensor.grad())));
      model.parameters().clearGradients();
      return gradients;
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = QueryNorm.class,
      names = {"BATCH", "LAYER"})
  void whatIsFrozenKeepsItsBitsAndTheRestDoesNot(QueryNorm norm) {
    MemoryConfig memory = TinyTraining.memory(norm);
    for (List<String> frozen :
        List.of(
            List.of("backbone"),
            List.of("*.word_embeddings.*", "bert.encoder.layer.0.*"),
            List.of("*.memory.values"),
            List.of("*.memory.*", "cls.*"))) {
      String[] patterns = frozen.toArray(String[]::new);
      Trainer.Settings config = TinyTraining.config(5, patterns);
      try (var model = TinyTraining.model(memory, 0)) {
        Map<String, float[]> before = Bits.of(model.parameters());
        Run after = Run.of(memory, 0, config);
        before.forEach((name, numbers) -> {
          boolean same = Arrays.equals(numbers, after.weights.get(name));
          if (!model.parameters().isBuffer(name) && !unmoved(name)) {
            assertEquals(!config.train().trains(name), same, frozen + ": " + name);
          }
        });
      }
    }
  }

  /// A key's bias shifts all scores of a query alike, which the softmax takes away again.
  private static boolean unmoved(String name) {
    return name.endsWith("key.bias");
  }

  @Test
  void freezingAllOrNothingIsRefused() {
    try (var model = TinyTraining.model(null, 0)) {
      for (String wrong : List.of("backbone", "bert.encoder.layer.7.*")) {
        var problem =
            assertThrows(
                InvalidInputException.class,
                () ->
                    new Trainer(
                        model.parameters(), objective(model), TinyTraining.config(1, wrong)));
        assertEquals("train.freeze", problem.key());
      }
    }
  }

  @Test
  void rowsThatWereNotReadKeepTheirBits() {
    String name = "bert.encoder.layer.0.memory.values";
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        Trainer trainer =
            new Trainer(model.parameters(), objective(model), TinyTraining.clipped(1, 1e-2, 0, 0));
        var scope = new TensorScope()) {
      float[] before = Tensors.floats(model.parameters().get(name));
      trainer.run(new Watcher());
      float[] after = Tensors.floats(model.parameters().get(name));
      float[] moments = Tensors.floats(trainer.state().get(name + ".first_moment"));
      int read = 0;
      for (int row = 0; row < 64; row++) {
        float[] moment = Arrays.copyOfRange(moments, row * 16, row * 16 + 16);
        boolean same =
            Arrays.equals(
                Arrays.copyOfRange(before, row * 16, row * 16 + 16),
                Arrays.copyOfRange(after, row * 16, row * 16 + 16));
        assertEquals(Arrays.equals(moment, new float[16]), same, "row " + row);
        read += same ? 0 : 1;
      }
      assertTrue(read > 0 && read < 64, read + " rows were read");
    }
  }

  /// Parameters `w` [3] and a table, and the loss 3 * sum(w) + 4 * (sum of rows 1 and 2).
  private static Parameters simple() {
    Parameters parameters = new Parameters();
    try (var scope = new TensorScope()) {
      Tensor unused = parameters.parameter("w", Tensors.of(new float[] {1, 2, 3}, 3));
      unused =
          parameters.parameter("x.memory.values", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    }
    return parameters;
  }

  /// The table of [#simple()] or of another set of parameters.
  private static Map<String, ValueTable> tables(Parameters parameters, String name) {
    ValueTable table = new ValueTable(parameters.get(name), MemoryEngine.chosen());
    parameters.gradientElsewhere(table.gradient()::clear);
    return Map.of(name, table);
  }

  /// Reads these rows of the only table, each once.
  private static Tensor rows(Map<String, ValueTable> tables, int... rows) {
    Tensor ones = torch.ones(rows.length, 1);
    Tensor slots = torch.tensor(rows).view(-1, 1).to(torch.ScalarType.Int);
    return tables.values().iterator().next().read(slots, ones);
  }

  private static Tensor simpleLoss(Parameters parameters, Map<String, ValueTable> tables) {
    return parameters
        .get("w")
        .sum()
        .mul(new Scalar(3.0))
        .add(rows(tables, 1, 2).sum().mul(new Scalar(4.0)));
  }

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

  /// Zero, with an infinite gradient.
  private static Tensor infinitelySteep(Tensor x) {
    return x.sub(x.detach()).sqrt().sum();
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

  @ParameterizedTest
  @EnumSource(
      value = QueryNorm.class,
      names = {"BATCH", "LAYER"})
  void stepsLeaveNoTensorsBehind(QueryNorm norm) {
    List<Long> counts = new ArrayList<>();
    try (var model = TinyTraining.model(TinyTraining.memory(norm), 0);
        Trainer trainer =
            new Trainer(model.parameters(), objective(model), TinyTraining.config(25))) {
      trainer.run(
          new Watcher() {
            @Override
            public void stepped(Step step) {
              counts.add(step.step() == 5 ? PointerCount.settled() : PointerCount.now());
            }
          });
    }
    assertEquals(Set.of(counts.get(4)), Set.copyOf(counts.subList(4, 25)));
  }

  @Test
  void openingAndClosingLeavesNoTensorsBehind() {
    long before = 0;
    for (int i = 0; i < 4; i++) {
      Run run = Run.of(TinyTraining.memory(QueryNorm.LAYER), 0, TinyTraining.config(2));
      assertEquals(2, run.losses.size());
      before = i == 0 ? PointerCount.settled() : before;
    }
    assertEquals(before, PointerCount.now());
  }
}
