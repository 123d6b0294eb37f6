package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.TableGradients;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
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
      List<Objective.Part> parts = objective(model).batches(step, 1, most).getFirst();
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
