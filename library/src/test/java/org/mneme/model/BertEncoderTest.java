package org.mneme.model;

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
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.data.TokenBatch;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.TableGradients;
import org.mneme.memory.UsageReport;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.BertConfig.Family;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class BertEncoderTest {
  private static final int DIM = 16;
  private static final List<int[]> LINES =
      List.of(
          new int[] {2, 10, 20, 30, 40, 50, 60, 3},
          new int[] {2, 11, 3},
          new int[] {2, 99, 98, 97, 96, 95, 94, 93, 92, 3},
          new int[] {2, 3});
  private static final long[] TARGETS = {1, 3, 11, 21, 23};

  private static BertConfig config(Family family) {
    BertConfig tiny = TinyModel.config();
    return new BertConfig(
        family,
        104,
        DIM,
        2,
        2,
        24,
        Activation.GELU,
        40,
        family == Family.DISTILBERT ? 0 : 2,
        1e-5,
        family == Family.ROBERTA ? 1 : 0,
        0,
        0,
        true,
        tiny.memory());
  }

  private static MemoryPlacement memories(ReadAt readAt, QueryNorm norm) {
    return new MemoryPlacement(
        List.of(0, 1),
        Placement.BESIDE,
        readAt,
        TinyModel.memory(DIM)
            .with(layer -> {
              layer.queryNorm = norm;
              layer.values = new Rows(ValueInit.NORMAL);
            }));
  }

  private static MaskedLanguageModel model(Family family) {
    return new MaskedLanguageModel(
        config(family).withMemory(memories(ReadAt.ALL, QueryNorm.BATCH)), 3);
  }

  private static TokenInput padded(long padId, int time, long[] paddingIds) {
    long[] ids = new long[LINES.size() * time];
    long[] mask = new long[ids.length];
    Arrays.fill(ids, padId);
    for (int i = 0; i < ids.length; i++) {
      int[] line = LINES.get(i / time);
      boolean real = i % time < line.length;
      mask[i] = real ? 1 : 0;
      ids[i] = real ? line[i % time] : paddingIds[i % paddingIds.length];
    }
    return new TokenInput(
        Tensors.of(ids, LINES.size(), time), Tensors.of(mask, LINES.size(), time), null);
  }

  /// The rows `[realTokens, dim]` that are no padding.
  private static List<float[]> real(Tensor hidden, int time) {
    float[] all = Tensors.floats(hidden);
    List<float[]> rows = new ArrayList<>();
    for (int line = 0; line < LINES.size(); line++) {
      for (int i = 0; i < LINES.get(line).length; i++) {
        int from = (line * time + i) * DIM;
        rows.add(Arrays.copyOfRange(all, from, from + DIM));
      }
    }
    return rows;
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aPaddedBatchGivesWhatItsLinesGiveOneByOne(Family family) {
    try (var model = model(family);
        var scope = new TensorScope()) {
      TokenBatch batch = TokenBatch.of(LINES, model.config().padId());
      List<float[]> rows = real(model.encoder().encode(MaskedInput.of(batch), false), batch.time());
      int row = 0;
      for (int[] line : LINES) {
        TokenBatch alone = TokenBatch.of(List.of(line), model.config().padId());
        assertFalse(alone.padded());
        float[] expected = Tensors.floats(model.encoder().encode(MaskedInput.of(alone), false));
        for (int i = 0; i < line.length; i++) {
          float[] token = Arrays.copyOfRange(expected, i * DIM, (i + 1) * DIM);
          assertArrayEquals(token, rows.get(row++), 1e-5f);
        }
      }
    }
  }

  /// Outputs of a training step, its gradients, and the statistics that it left.
  private static Map<String, float[]> step(Family family, int time, long... paddingIds) {
    try (var model = model(family);
        var scope = new TensorScope()) {
      long padId = model.config().padId();
      TokenInput input = padded(padId, time, paddingIds.length == 0 ? one(padId) : paddingIds);
      Tensor hidden = model.encoder().encode(input, true);
      Map<String, float[]> found = new LinkedHashMap<>();
      List<float[]> rows = real(hidden, time);
      IntStream.range(0, rows.size()).forEach(i -> found.put("row " + i, rows.get(i)));
      long[] targets = Arrays.stream(TARGETS).map(t -> t / 10 * time + t % 10).toArray();
      model.logits(input, Tensors.of(targets, targets.length), true).logsumexp(1).sum().backward();
      TableGradients.materialize(model.encoder().tables());
      model
          .parameters()
          .all()
          .forEach((name, tensor) -> {
            found.put(name, Tensors.floats(tensor));
            if (tensor.requires_grad()) {
              found.put(name + ".grad", Tensors.floats(tensor.grad()));
            }
          });
      return found;
    }
  }

  private static long[] one(long id) {
    return new long[] {id};
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void contentOfPaddingChangesNothing(Family family) {
    Map<String, float[]> usual = step(family, 10);
    Bits.assertSame(usual, step(family, 10, 103, 7, 55));
    Bits.assertSame(usual, step(family, 10, 2));
  }

  @Test
  void morePaddingChangesNoStatistics() {
    Map<String, float[]> usual = step(Family.BERT, 10);
    Map<String, float[]> wide = step(Family.BERT, 17);
    assertEquals(usual.keySet(), wide.keySet());
    int statistics = 0;
    for (String name : usual.keySet()) {
      if (name.contains("running_") || name.startsWith("row ")) {
        assertArrayEquals(usual.get(name), wide.get(name), 1e-5f, name);
        statistics += name.contains("running_") ? 1 : 0;
      }
    }
    assertEquals(4, statistics);
  }

  @ParameterizedTest
  @EnumSource(ReadAt.class)
  void whileTargetsAreAskedForTheyAloneReadOrAllDo(ReadAt readAt) {
    var config = config(Family.BERT).withMemory(memories(readAt, QueryNorm.LAYER));
    try (var model = new MaskedLanguageModel(config, 3);
        var scope = new TensorScope()) {
      TokenInput input = padded(0, 10, one(0));
      Tensor targets = Tensors.of(TARGETS, TARGETS.length);
      long real = LINES.stream().mapToLong(line -> line.length).sum();
      Map<Integer, UsageReport> asked =
          MemoryUse.counting(
              model.encoder(), () -> model.encoder().encodeTargets(input, targets, false));
      assertEquals(2, asked.size());
      asked
          .values()
          .forEach(use -> assertEquals(readAt == ReadAt.ALL ? real : TARGETS.length, use.tokens()));
      MemoryUse.counting(model.encoder(), () -> model.encoder().encode(input, false))
          .values()
          .forEach(use -> assertEquals(real, use.tokens()));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void logitsAtTargetsAreRowsOfAllLogits(boolean memory) {
    BertConfig config = config(Family.BERT);
    try (var model =
            new MaskedLanguageModel(
                memory ? config.withMemory(memories(ReadAt.ALL, QueryNorm.BATCH)) : config, 3);
        var scope = new TensorScope()) {
      TokenInput input = padded(0, 10, one(0));
      float[] all =
          Tensors.floats(model.decode(model.encoder().encode(input, false).view(-1, DIM)));
      float[] some =
          Tensors.floats(model.logits(input, Tensors.of(TARGETS, TARGETS.length), false));
      for (int i = 0; i < TARGETS.length; i++) {
        int from = (int) TARGETS[i] * 104;
        assertArrayEquals(
            Arrays.copyOfRange(all, from, from + 104),
            Arrays.copyOfRange(some, i * 104, (i + 1) * 104),
            1e-5f);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void textsAsLongAsTheModelAreReadAndLongerOnesRefused(Family family) {
    try (var model = model(family);
        var scope = new TensorScope()) {
      int most = family == Family.ROBERTA ? 38 : 40;
      assertEquals(most, model.config().maxTokens());
      long[] ids = new long[most + 1];
      Arrays.fill(ids, 5);
      Tensor hidden =
          model
              .encoder()
              .encode(
                  new TokenInput(Tensors.of(Arrays.copyOf(ids, most), 1, most), null, null), false);
      assertEquals((long) most * DIM, hidden.numel());
      var tooLong =
          assertThrows(
              InvalidInputException.class,
              () ->
                  model
                      .encoder()
                      .encode(new TokenInput(Tensors.of(ids, 1, most + 1), null, null), false));
      assertEquals(InvalidInputException.Kind.DATA, tooLong.kind());
      assertTrue(tooLong.getMessage().contains(Integer.toString(most + 1)), tooLong.getMessage());
    }
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() {
    try (var model = model(Family.ROBERTA);
        var scope = new TensorScope()) {
      for (long id : new long[] {104, -1, 1L << 40}) {
        var input = new TokenInput(Tensors.of(new long[] {2, id, 3}, 1, 3), null, null);
        var problem =
            assertThrows(InvalidInputException.class, () -> model.encoder().encode(input, false));
        assertEquals(InvalidInputException.Kind.DATA, problem.kind());
        assertTrue(problem.getMessage().contains(Long.toString(id)), problem.getMessage());
        assertTrue(problem.getMessage().contains("104"), problem.getMessage());
      }
    }
  }

  @Test
  void theSameSeedDrawsTheSameWeights() {
    try (var one = model(Family.BERT);
        var same = model(Family.BERT);
        var other = new MaskedLanguageModel(one.config(), 4)) {
      Bits.assertSame(Bits.of(one.parameters()), Bits.of(same.parameters()));
      for (String name : one.parameters().all().keySet()) {
        if (name.endsWith("dense.weight") || name.endsWith("embeddings.weight")) {
          assertFalse(
              Arrays.equals(
                  Tensors.floats(one.parameters().get(name)),
                  Tensors.floats(other.parameters().get(name))),
              name);
        }
      }
    }
  }

  @Test
  void callsLeaveNoTensorsBehind() {
    try (var model = model(Family.BERT)) {
      long before = 0;
      for (int i = 0; i < 12; i++) {
        if (i == 2) {
          before = PointerCount.settled();
        }
        try (var scope = new TensorScope()) {
          TokenInput input = padded(0, 10, one(0));
          var states = model.encoder().hiddenStates(input);
          assertEquals(3, states.size());
          Tensor logits = model.logits(input, Tensors.of(TARGETS, TARGETS.length), true);
          logits.sum().backward();
          model.parameters().clearGradients();
        }
      }
      assertEquals(before, PointerCount.now());
    }
  }

  @Test
  void whatIsReturnedOutlivesNoEnclosingScopeButItsOwn() {
    try (var model = model(Family.BERT);
        var scope = new TensorScope()) {
      Tensor hidden = model.encoder().encode(padded(0, 10, one(0)), false);
      for (int i = 0; i < 3; i++) {
        try (var inner = new TensorScope()) {
          Tensor unused = model.encoder().encode(padded(0, 12, one(0)), false);
        }
      }
      for (float number : Tensors.floats(hidden)) {
        assertTrue(Float.isFinite(number));
      }
    }
  }
}
