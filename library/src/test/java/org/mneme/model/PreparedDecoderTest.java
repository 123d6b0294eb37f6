package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class PreparedDecoderTest {
  private static final int TIME = 23;
  private static final int[] PIECES = {7, 1, 1, 4, 1, 9};
  private static final float TOLERANCE = 1e-5f;

  static Stream<CausalConfig> models() {
    Gpt2Config gpt2 = TinyModel.causal();
    LlamaConfig llama = LlamaTest.models().findFirst().orElseThrow();
    return Stream.of(
            DecodingStateTest.models(),
            Arrays.stream(Placement.values()).map(placement -> llama.withMemory(read(placement))),
            Arrays.stream(Placement.values()).map(placement -> gpt2.withMemory(read(placement))),
            Stream.of(
                llama.withAdapters(new AdapterConfig(List.of(1), 3, 6, AdapterConfig.TARGETS))),
            Arrays.stream(Activation.values()).map(activation -> withActivation(gpt2, activation)))
        .flatMap(configs -> configs);
  }

  private static MemoryPlacement read(Placement placement) {
    return new MemoryPlacement(
        List.of(1),
        placement,
        ReadAt.ALL,
        TinyModel.memory(16).with(memory -> memory.values = new Rows(ValueInit.NORMAL)));
  }

  private static Gpt2Config withActivation(Gpt2Config config, Activation activation) {
    var json = config.toJson();
    return Gpt2Config.fromJson(json.put("activation_function", activation.huggingFaceName()));
  }

  private static long[] text(int rows, long seed) {
    long[] ids = new long[rows * TIME];
    Arrays.setAll(ids, i -> (seed + 31L * i * i + 7L * i) % 104);
    return ids;
  }

  /// Columns `from` to `to` of texts, row after row.
  private static long[] piece(long[] text, int from, int to) {
    int rows = text.length / TIME;
    long[] piece = new long[rows * (to - from)];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(text, row * TIME + from, piece, row * (to - from), to - from);
    }
    return piece;
  }

  /// Scores at a column, by row, as the model computes them from the beginning.
  private static float[][] whole(CausalLanguageModel model, long[] text, int column) {
    int rows = text.length / TIME;
    long[] last = IntStream.range(0, rows).mapToLong(row -> (long) row * TIME + column).toArray();
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      TokenInput input = new TokenInput(Tensors.of(text, rows, TIME), null, null);
      float[] all = Tensors.floats(model.logits(input, Tensors.of(last, rows), false));
      int words = all.length / rows;
      return IntStream.range(0, rows)
          .mapToObj(row -> Arrays.copyOfRange(all, row * words, (row + 1) * words))
          .toArray(float[][]::new);
    }
  }

  private static void assertRows(float[][] expected, float[][] actual, float tolerance) {
    assertEquals(expected.length, actual.length);
    for (int row = 0; row < expected.length; row++) {
      assertArrayEquals(expected[row], actual[row], tolerance, "row " + row);
    }
  }

  /// A fresh model, whose adapters do something.
  private static CausalLanguageModel model(CausalConfig config) {
    CausalLanguageModel model = new CausalLanguageModel(config, 1);
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      model
          .parameters()
          .all()
          .forEach((name, weight) -> {
            if (name.endsWith("lora_B.weight")) {
              var unused = weight.copy_(Randomness.normal(0.2, weight.size(0), weight.size(1)));
            }
          });
    }
    return model;
  }

  @ParameterizedTest
  @MethodSource("models")
  void pieceByPieceIsAsTheModelComputesTheWhole(CausalConfig config) {
    try (var model = model(config);
        var prepared = new PreparedDecoder(model, Precision.FLOAT32)) {
      for (int rows : new int[] {1, 3, 2}) {
        long[] text = text(rows, 3);
        try (var state = DecodingState.of(config, rows)) {
          int at = 0;
          for (int time : PIECES) {
            float[][] scores = prepared.scores(state, piece(text, at, at + time), rows);
            at += time;
            assertEquals(at, state.tokens());
            assertRows(whole(model, text, at - 1), scores, TOLERANCE);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void howManyThreadsThereAreChangesNoBit(CausalConfig config) {
    int before = torch.get_num_threads();
    List<float[][]> scores = new ArrayList<>();
    try (var model = new CausalLanguageModel(config, 1)) {
      for (int threads : new int[] {1, 2, 3}) {
        torch.set_num_threads(threads);
        try (var prepared = new PreparedDecoder(model, Precision.FLOAT32);
            var state = DecodingState.of(config, 1)) {
          for (int i = 0; i < 9; i++) {
            scores.add(prepared.scores(state, new long[] {5 + i}, 1));
          }
        }
      }
    } finally {
      torch.set_num_threads(before);
    }
    for (int i = 9; i < scores.size(); i++) {
      assertRows(scores.get(i % 9), scores.get(i), 0);
    }
  }

  /// What steps read are the rounded weights, widened: as if the model had such.
  @ParameterizedTest
  @MethodSource("models")
  void bfloat16IsFloat32WithRoundedWeights(CausalConfig config) {
    if (!(config instanceof DecoderConfig)) {
      return;
    }
    long[] text = text(1, 4);
    try (var model = new CausalLanguageModel(config, 1);
        var rounded = new CausalLanguageModel(config, 1);
        var prepared = new PreparedDecoder(model, Precision.BFLOAT16);
        var state = DecodingState.of(config, 1)) {
      round(rounded);
      for (int i = 0; i < TIME; i++) {
        float[][] scores = prepared.scores(state, piece(text, i, i + 1), 1);
        if (!config.tied()) {
          assertRows(whole(rounded, text, i), scores, TOLERANCE);
        }
        assertRows(whole(model, text, i), scores, 0.05f);
      }
    }
  }

  private static void round(CausalLanguageModel model) {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      for (Map.Entry<String, Tensor> entry : model.parameters().all().entrySet()) {
        boolean isOfProduct =
            entry.getValue().dim() == 2
                && !entry.getKey().contains("memory")
                && !entry.getKey().contains("embed_tokens")
                && !entry.getKey().contains("wpe");
        if (isOfProduct) {
          var unused = entry.getValue().copy_(entry.getValue().to(torch.ScalarType.BFloat16));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyPrecisionScoresAlike(CausalConfig config) {
    long[] text = text(2, 6);
    try (var model = new CausalLanguageModel(config, 1)) {
      for (Precision precision : Precision.values()) {
        try (var prepared = new PreparedDecoder(model, precision);
            var state = DecodingState.of(config, 2)) {
          int at = 0;
          for (int time : PIECES) {
            float[][] scores = prepared.scores(state, piece(text, at, at + time), 2);
            at += time;
            assertRows(whole(model, text, at - 1), scores, 0.05f);
          }
        }
      }
    }
  }

  @Test
  void aTextThatGrowsTooLongAndStrangeTokensAreRefused() {
    CausalConfig config = TinyModel.causal(); // 40 positions
    try (var model = new CausalLanguageModel(config, 1);
        var prepared = new PreparedDecoder(model, Precision.FLOAT32);
        var state = DecodingState.of(config, 1)) {
      for (int i = 0; i < 40; i++) {
        var unused = prepared.scores(state, new long[] {i}, 1);
      }
      var problem =
          assertThrows(
              InvalidInputException.class, () -> prepared.scores(state, new long[] {1}, 1));
      assertTrue(problem.getMessage().contains("41 tokens"), problem.getMessage());
      state.clear();
      assertThrows(InvalidInputException.class, () -> prepared.scores(state, new long[] {104}, 1));
    }
  }

  @Test
  void nothingIsLeftBehind() {
    CausalConfig config = TinyModel.causal();
    try (var model = new CausalLanguageModel(config, 1)) {
      long before = PointerCount.settled();
      for (Precision precision : Precision.values()) {
        try (var prepared = new PreparedDecoder(model, precision);
            var state = DecodingState.of(config, 2)) {
          var unused = prepared.scores(state, new long[] {1, 2, 3, 4}, 2);
          unused = prepared.scores(state, new long[] {1, 2}, 2);
          long warm = PointerCount.now();
          for (int i = 0; i < 20; i++) {
            unused = prepared.scores(state, new long[] {i, 2}, 2);
          }
          assertEquals(warm, PointerCount.now());
        }
      }
      assertEquals(before, PointerCount.now());
    }
  }
}
