package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.data.MaskedBatch;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.TableGradients;
import org.mneme.memory.ValueTable;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.TinyTraining.Watcher;
import org.mneme.train.TinyTraining.Whole;

/// Several batches to a step.
class TrainerAccumulationTest {
  private static final int BATCHES = 3;

  private static MaskedObjective objective(MaskedLanguageModel model) {
    return new MaskedObjective(model, TinyTraining.BATCHES, 0, 1);
  }

  /// All rows of the first batches in one, padded to the longest, and its loss written down anew.
  private record Merged(MaskedLanguageModel model, MaskedBatch all) implements Objective {
    static Merged of(MaskedLanguageModel model) {
      List<MaskedBatch> batches =
          IntStream.range(0, BATCHES).mapToObj(TinyTraining.BATCHES::batch).toList();
      int time = batches.stream().mapToInt(MaskedBatch::time).max().orElseThrow();
      int rows = batches.stream().mapToInt(MaskedBatch::batch).sum();
      long[] ids = new long[rows * time];
      long[] attended = new long[rows * time];
      List<Long> positions = new ArrayList<>();
      int row = 0;
      for (MaskedBatch batch : batches) {
        for (int i = 0; i < batch.batch(); i++, row++) {
          int from = i * batch.time();
          System.arraycopy(batch.inputIds(), from, ids, row * time, batch.time());
          System.arraycopy(batch.attentionMask(), from, attended, row * time, batch.time());
          for (long position : batch.rows(i, i + 1).targetPositions()) {
            positions.add(row * time + position);
          }
        }
      }
      long[] labels =
          batches.stream().flatMapToLong(b -> LongStream.of(b.targetLabels())).toArray();
      long[] targets = positions.stream().mapToLong(position -> position).toArray();
      return new Merged(model, new MaskedBatch(rows, time, ids, attended, targets, labels, true));
    }

    @Override
    public List<List<Part>> batches(long step, int count, int most) {
      return List.of(List.of(this::loss));
    }

    private Loss loss() {
      MaskedInput input = MaskedInput.of(all);
      Tensor logits = model.logits(input.input(), input.targets(), true);
      Tensor own = logits.log_softmax(1).gather(1, input.labels().view(-1, 1));
      Tensor mean = own.sum().mul(new Scalar(-1.0 / all.targets()));
      return new Loss(mean, all.targets(), all.tokens());
    }

    @Override
    public boolean divisible() {
      return false;
    }

    @Override
    public Map<String, ValueTable> tables() {
      return model.encoder().tables();
    }
  }

  private static Map<String, float[]> gradients(
      MaskedLanguageModel model, Objective objective, int accumulate) {
    try (var steps =
            new StepGradients(model.parameters(), objective, accumulate, Precision.FLOAT32);
        var scope = new TensorScope()) {
      StepGradients.Done done = steps.add(0);
      TableGradients.materialize(model.encoder().tables());
      Map<String, float[]> gradients = new LinkedHashMap<>();
      gradients.put("loss", new float[] {(float) done.loss(), done.tokens()});
      model
          .parameters()
          .trained()
          .forEach((name, tensor) -> gradients.put(name, Tensors.floats(tensor.grad())));
      model.parameters().clearGradients();
      return gradients;
    }
  }

  @Test
  void severalBatchesAreOneBatch() {
    int[] targets =
        IntStream.range(0, BATCHES).map(i -> TinyTraining.BATCHES.batch(i).targets()).toArray();
    assertTrue(Arrays.stream(targets).distinct().count() > 1, Arrays.toString(targets));
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0)) {
      Map<String, float[]> one = gradients(model, Merged.of(model), 1);
      Map<String, float[]> many = gradients(model, objective(model), BATCHES);
      Map<String, float[]> inTurn = gradients(model, new Whole(objective(model)), BATCHES);
      assertEquals(one.keySet(), many.keySet());
      one.forEach((name, numbers) -> {
        assertArrayEquals(numbers, many.get(name), 1e-6f, name);
        assertArrayEquals(numbers, inTurn.get(name), 1e-6f, name);
      });
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = QueryNorm.class,
      names = {"BATCH", "LAYER"})
  void theSameSeedGivesTheSameBits(QueryNorm norm) {
    Map<String, float[]> first = weightsAfter(norm, 5, 3);
    for (int i = 0; i < 3; i++) {
      Bits.assertSame(first, weightsAfter(norm, 5, 3));
    }
  }

  private static Map<String, float[]> weightsAfter(QueryNorm norm, long steps, int accumulate) {
    var settings =
        TinyTraining.with(TinyTraining.config(steps), train -> train.accumulate = accumulate);
    try (var model = TinyTraining.model(TinyTraining.memory(norm), 0);
        Trainer trainer = new Trainer(model.parameters(), objective(model), settings)) {
      trainer.run(new Watcher());
      return Bits.of(model.parameters());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void stepsTakeTheBatchesInTurn(int accumulate) {
    var settings =
        TinyTraining.with(TinyTraining.config(4), train -> train.accumulate = accumulate);
    try (var model = TinyTraining.model(null, 0);
        Trainer trainer = new Trainer(model.parameters(), objective(model), settings)) {
      long tokens =
          IntStream.range(0, 4 * accumulate)
              .mapToLong(i -> TinyTraining.BATCHES.batch(i).tokens())
              .sum();
      assertEquals(tokens, trainer.run(new Watcher()).tokens());
    }
  }

  /// With dropout, whose random numbers come again.
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.2})
  void computingBlocksAgainChangesNoBit(double dropout) {
    List<List<Double>> losses = new ArrayList<>();
    List<Map<String, float[]>> weights = new ArrayList<>();
    for (boolean again : new boolean[] {false, true}) {
      var settings =
          TinyTraining.with(
              TinyTraining.config(5, "*.word_embeddings.*"),
              train -> {
                train.gradientCheckpointing = again;
                train.accumulate = 2;
              });
      try (var model = TinyTraining.model(null, dropout);
          Trainer trainer = new Trainer(model.parameters(), objective(model), settings)) {
        Watcher watcher = new Watcher();
        trainer.run(watcher);
        losses.add(watcher.losses());
        weights.add(Bits.of(model.parameters()));
      }
    }
    assertEquals(losses.getFirst(), losses.getLast());
    Bits.assertSame(weights.getFirst(), weights.getLast());
  }
}
