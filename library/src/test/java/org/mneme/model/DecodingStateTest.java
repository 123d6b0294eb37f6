package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class DecodingStateTest {
  private static final int ROWS = 2;
  private static final int TIME = 23;
  private static final float TOLERANCE = 1e-5f;

  static Stream<CausalConfig> models() {
    CausalConfig xl =
        new NewModelConfig.TransformerXl(
                16,
                2,
                2,
                0,
                24,
                Activation.RELU,
                2 * TIME,
                false,
                0,
                false,
                java.util.List.of(),
                0,
                1)
            .config(104, 0);
    return Stream.concat(
        LlamaTest.models(),
        Stream.of(
            TinyModel.causal(),
            TinyModel.causal().withMemory(TinyModel.beside(TinyModel.memory(16), 1)),
            xl));
  }

  private static long[] text(long seed) {
    long[] ids = new long[ROWS * TIME];
    Arrays.setAll(ids, i -> (seed + 31L * i * i + 7L * i) % 104);
    return ids;
  }

  /// Columns `from` to `to` of the text, `[rows, to - from]`.
  private static Tensor piece(long[] text, int from, int to) {
    Tensor all = Tensors.of(text, ROWS, TIME);
    return all.narrow(1, from, to - from).contiguous();
  }

  private static float[] logits(CausalLanguageModel model, TokenInput input) {
    long[] all = IntStream.range(0, (int) (input.batch() * input.time())).asLongStream().toArray();
    return Tensors.floats(model.logits(input, Tensors.of(all, all.length), false));
  }

  /// Scores at columns `from` to `to`, row by row, of those of whole texts.
  private static float[] part(float[] whole, int from, int to) {
    int words = whole.length / ROWS / TIME;
    float[] part = new float[ROWS * (to - from) * words];
    for (int row = 0; row < ROWS; row++) {
      System.arraycopy(
          whole, (row * TIME + from) * words, part, row * (to - from) * words, (to - from) * words);
    }
    return part;
  }

  @ParameterizedTest
  @MethodSource("models")
  void pieceByPieceIsAsWhole(CausalConfig config) {
    long[] text = text(3);
    try (var model = new CausalLanguageModel(config, 1);
        var state = DecodingState.of(config, ROWS);
        var unrecorded = new NoGradGuard()) {
      float[] whole;
      try (var scope = new TensorScope()) {
        whole = logits(model, new TokenInput(Tensors.of(text, ROWS, TIME), null, null));
      }
      for (int round = 0; round < 2; round++) {
        int at = 0;
        for (int time : new int[] {7, 1, 1, 4, 1, 9}) {
          try (var scope = new TensorScope()) {
            float[] scores = logits(model, state.next(piece(text, at, at + time)));
            assertArrayEquals(part(whole, at, at + time), scores, TOLERANCE, "from " + at);
          }
          state.advance(time);
          at += time;
          assertEquals(at, state.tokens());
        }
        state.clear();
        assertEquals(0, state.tokens());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void whatIsKeptGoesOnElsewhere(CausalConfig config) {
    long[] text = text(5);
    try (var model = new CausalLanguageModel(config, 1);
        var state = DecodingState.of(config, ROWS);
        var other = DecodingState.of(config, ROWS);
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      var unused = logits(model, state.next(piece(text, 0, 9)));
      state.advance(9);
      unused = logits(model, other.next(piece(text(8), 0, 12)));
      other.advance(12);
      other.restore(state.state());
      assertEquals(9, other.tokens());
      assertArrayEquals(
          logits(model, state.next(piece(text, 9, 13))),
          logits(model, other.next(piece(text, 9, 13))));
    }
  }

  @Test
  void anEmptyStateIsRestoredToo() {
    CausalConfig config = TinyModel.causal();
    try (var state = DecodingState.of(config, ROWS);
        var scope = new TensorScope()) {
      Map<String, Tensor> empty = state.state();
      state.restore(empty);
      assertEquals(0, state.tokens());
    }
  }

  @Test
  void aStateOfOtherTextsIsRefused() {
    CausalConfig config = TinyModel.causal();
    try (var model = new CausalLanguageModel(config, 1);
        var state = DecodingState.of(config, ROWS);
        var other = DecodingState.of(config, 1);
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      var unused = logits(model, state.next(piece(text(1), 0, 9)));
      state.advance(9);
      Map<String, Tensor> kept = new HashMap<>(state.state());
      var problem = assertThrows(InvalidInputException.class, () -> other.restore(kept));
      assertTrue(problem.getMessage().contains("[2, 2, 9, 8]"), problem.getMessage());
      kept.remove("cache.keys.1");
      assertThrows(InvalidInputException.class, () -> state.restore(kept));
    }
  }

  @Test
  void aTextThatGrowsTooLongIsRefused() {
    CausalConfig config = TinyModel.causal(); // 40 positions
    try (var model = new CausalLanguageModel(config, 1);
        var state = DecodingState.of(config, ROWS);
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      var unused = logits(model, state.next(piece(text(1), 0, 23)));
      state.advance(23);
      var problem =
          assertThrows(
              InvalidInputException.class, () -> logits(model, state.next(piece(text(1), 0, 18))));
      assertTrue(problem.getMessage().contains("41 tokens"), problem.getMessage());
    }
  }
}
