package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.Bits;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.data.CausalBatch;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.TableGradients;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class Gpt2Test {
  private static final int DIM = 8;
  private static final List<int[]> LINES =
      List.of(new int[] {5, 9, 3, 7, 1, 8}, new int[] {2, 4}, new int[] {6, 6, 1, 11});

  static Gpt2Config config(@Nullable MemoryPlacement memory) {
    return new NewModelConfig.Gpt2(DIM, 2, 2, 12, Activation.GELU_NEW, 9)
        .config(12, 0)
        .withMemory(memory);
  }

  private static MemoryConfig memory(QueryNorm norm, ValueInit values) {
    return TinyModel.memory(DIM)
        .with(layer -> {
          layer.queryNorm = norm;
          layer.values = new Rows(values);
        });
  }

  private static MemoryPlacement place(Placement placement, ReadAt readAt, MemoryConfig layer) {
    return new MemoryPlacement(List.of(0, 1), placement, readAt, layer);
  }

  /// Nothing, and each kind of memory with values that are not zero.
  static Stream<Gpt2Config> models() {
    MemoryConfig layer = memory(QueryNorm.LAYER, ValueInit.NORMAL);
    return Stream.of(
        config(null),
        config(place(Placement.BESIDE, ReadAt.ALL, layer)),
        config(place(Placement.BESIDE, ReadAt.TARGETS, layer)),
        config(place(Placement.REPLACE, ReadAt.ALL, layer)),
        config(place(Placement.BESIDE, ReadAt.ALL, new DenseConfig(DIM, 5))));
  }

  private static double[] logits(CausalLanguageModel model, int[] line, boolean training) {
    try (var scope = new TensorScope()) {
      long[] ids = Arrays.stream(line).asLongStream().toArray();
      TokenInput input = new TokenInput(Tensors.of(ids, 1, ids.length), null, null);
      Tensor all =
          Tensors.of(java.util.stream.LongStream.range(0, ids.length).toArray(), ids.length);
      return Tensors.doubles(model.logits(input, all, training));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void futureTokensDoNotChangePastLogits(Gpt2Config config) {
    try (var model = new CausalLanguageModel(config, 3)) {
      for (boolean training : new boolean[] {false, true}) {
        int[] line = LINES.getFirst();
        double[] before = logits(model, line, training);
        for (int changed = 1; changed < line.length; changed++) {
          int[] other = line.clone();
          other[changed] = (other[changed] + 5) % 12;
          double[] after = logits(model, other, training);
          int past = changed * 12;
          assertArrayEquals(
              Arrays.copyOf(before, past), Arrays.copyOf(after, past), 1e-5, "token " + changed);
          assertFalse(
              Arrays.equals(
                  Arrays.copyOfRange(before, past, past + 12),
                  Arrays.copyOfRange(after, past, past + 12)));
        }
      }
    }
  }

  @Test
  void withABatchNormTheyDoInTraining() {
    var leaking =
        config(place(Placement.BESIDE, ReadAt.ALL, memory(QueryNorm.BATCH, ValueInit.NORMAL)));
    try (var model = new CausalLanguageModel(leaking, 3)) {
      assertTrue(model.base().hasBatchNorm());
      assertFalse(model.base().divisible());
      int[] line = LINES.getFirst();
      int[] other = line.clone();
      other[line.length - 1] = 0;
      double[] before = logits(model, line, true);
      double[] after = logits(model, other, true);
      assertFalse(Arrays.equals(Arrays.copyOf(before, 12), Arrays.copyOf(after, 12)));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aPaddedBatchGivesWhatItsLinesGiveOneByOne(Gpt2Config config) {
    try (var model = new CausalLanguageModel(config, 3);
        var scope = new TensorScope()) {
      MaskedInput input = MaskedInput.of(TinyModel.nextTokens(10, LINES));
      double[] together = Tensors.doubles(model.logits(input.input(), input.targets(), false));
      int row = 0;
      for (int[] line : LINES) {
        double[] alone = logits(model, line, false);
        for (int i = 0; i < line.length - 1; i++) {
          double[] own = Arrays.copyOfRange(together, row * 12, (row + 1) * 12);
          assertArrayEquals(Arrays.copyOfRange(alone, i * 12, (i + 1) * 12), own, 1e-5);
          row++;
        }
      }
      assertEquals(row, input.labels().size(0));
    }
  }

  @ParameterizedTest
  @EnumSource(ReadAt.class)
  void withAFreshMemoryBesideItComputesTheSameBits(ReadAt readAt) {
    var memory = place(Placement.BESIDE, readAt, memory(QueryNorm.LAYER, ValueInit.ZERO));
    try (var plain = new CausalLanguageModel(config(null), 3);
        var augmented = new CausalLanguageModel(config(memory), 3);
        var scope = new TensorScope()) {
      MaskedInput input = MaskedInput.of(TinyModel.nextTokens(10, LINES));
      for (boolean training : new boolean[] {false, true}) {
        Bits.assertSame(
            List.of(Tensors.floats(plain.logits(input.input(), input.targets(), training))),
            List.of(Tensors.floats(augmented.logits(input.input(), input.targets(), training))));
      }
      assertEquals(List.of(0, 1), List.copyOf(augmented.base().memories().keySet()));
      assertTrue(augmented.parameters().contains("transformer.h.1.memory.values"));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void gradientsMatchCentralDifferences(Gpt2Config config) {
    var small = new NewModelConfig.Gpt2(4, 2, 2, 3, Activation.GELU_NEW, 6).config(12, 0);
    MemoryPlacement memory = config.memory();
    try (var model =
            new CausalLanguageModel(small.withMemory(memory == null ? null : narrow(memory)), 4);
        var scope = new TensorScope()) {
      model.parameters().convert(torch.ScalarType.Double);
      GradientCheck.stir(model.parameters(), 0.3);
      CausalBatch batch = TinyModel.nextTokens(10, LINES);
      MaskedInput input = MaskedInput.of(batch);
      double error =
          GradientCheck.worstError(
              model.parameters().trained(),
              () ->
                  torch.cross_entropy_loss(
                      model.logits(input.input(), input.targets(), true), input.labels()),
              () -> TableGradients.materialize(model.base().tables()));
      assertTrue(error < 1e-6, "worst relative error " + error);
    }
  }

  /// The same memories for a width of 4.
  private static MemoryPlacement narrow(MemoryPlacement memory) {
    MemoryConfig layer =
        switch (memory.layer()) {
          case SparseMemoryConfig sparse ->
              TinyModel.memory(4)
                  .with(other -> {
                    other.keys = new ProductKeys(3);
                    other.slotsPerHead = 2;
                    other.queryDim = 4;
                    other.queryNorm = sparse.query().norm();
                  });
          case DenseConfig dense -> new DenseConfig(4, 3);
        };
    return new MemoryPlacement(memory.layers(), memory.placement(), memory.readAt(), layer);
  }

  @Test
  void paddingBeforeTokensIsRefused() {
    var memory = place(Placement.BESIDE, ReadAt.ALL, memory(QueryNorm.LAYER, ValueInit.NORMAL));
    try (var model = new CausalLanguageModel(config(memory), 3);
        var scope = new TensorScope()) {
      TokenInput input =
          new TokenInput(
              Tensors.of(new long[] {1, 2, 0, 0, 1, 2}, 2, 3),
              Tensors.of(new long[] {1, 1, 0, 0, 1, 1}, 2, 3),
              null);
      var problem =
          assertThrows(InvalidInputException.class, () -> model.base().encode(input, false));
      assertTrue(problem.getMessage().contains("row 1"), problem.getMessage());
    }
  }

  @Test
  void aTextThatIsTooLongOrOfAnotherVocabularyIsRefused() {
    try (var model = new CausalLanguageModel(config(null), 3)) {
      assertThrows(InvalidInputException.class, () -> logits(model, new int[10], false));
      assertThrows(InvalidInputException.class, () -> logits(model, new int[] {12}, false));
    }
  }

  @Test
  void callsLeaveNoTensorsBehind() {
    var memory = place(Placement.BESIDE, ReadAt.ALL, memory(QueryNorm.LAYER, ValueInit.NORMAL));
    try (var model = new CausalLanguageModel(config(memory), 3)) {
      logits(model, LINES.getFirst(), false);
      long before = PointerCount.settled();
      for (int i = 0; i < 5; i++) {
        logits(model, LINES.getFirst(), false);
      }
      assertEquals(before, PointerCount.now());
    }
  }
}
