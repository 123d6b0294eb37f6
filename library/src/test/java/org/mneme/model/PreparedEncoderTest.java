package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.data.TokenBatch;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

class PreparedEncoderTest {
  private static final List<int[]> LINES =
      List.of(
          new int[] {2, 10, 20, 30, 40, 50, 60, 3},
          new int[] {2, 11, 3},
          new int[] {2, 99, 98, 97, 96, 95, 94, 93, 92, 3});

  private static BertEncoder encoder(BertConfig config) {
    return new MaskedLanguageModel(config, 5).encoder();
  }

  private static BertConfig withMemory(Placement placement) {
    return TinyModel.config()
        .withMemory(
            new MemoryPlacement(
                List.of(1),
                placement,
                ReadAt.ALL,
                TinyModel.memory(16)
                    .with(memory -> {
                      memory.queryNorm = QueryNorm.LAYER;
                      memory.values = new Rows(ValueInit.NORMAL);
                    })));
  }

  private static float[] trained(BertEncoder encoder, List<int[]> lines) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      TokenInput input = MaskedInput.of(TokenBatch.of(lines, 0));
      return realRows(encoder.encode(input, false), input);
    }
  }

  private static float[] prepared(PreparedEncoder encoder, List<int[]> lines) {
    try (var scope = new TensorScope()) {
      TokenInput input = MaskedInput.of(TokenBatch.of(lines, 0));
      return realRows(encoder.encode(input), input);
    }
  }

  /// The vectors of tokens that are no padding, one behind the other.
  private static float[] realRows(Tensor hidden, TokenInput input) {
    Tensor flat = hidden.view(input.batch() * input.time(), hidden.size(2));
    return input.mask() == null
        ? Tensors.floats(flat)
        : Tensors.floats(flat.index_select(0, input.mask().reshape(-1).nonzero().view(-1)));
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void float32ComputesWhatTheTrainedEncoderDoes(Activation activation) {
    BertConfig tiny = TinyModel.config();
    BertEncoder encoder =
        encoder(
            new BertConfig(
                tiny.family(),
                tiny.vocabulary(),
                tiny.dim(),
                tiny.layers(),
                tiny.heads(),
                tiny.feedForwardDim(),
                activation,
                tiny.positions(),
                tiny.tokenTypes(),
                tiny.layerNormEps(),
                tiny.padId(),
                0,
                0,
                tiny.tied(),
                null));
    try (var prepared = new PreparedEncoder(encoder, Precision.FLOAT32)) {
      assertArrayEquals(trained(encoder, LINES), prepared(prepared, LINES), 1e-5f);
    }
  }

  @ParameterizedTest
  @EnumSource(Placement.class)
  void memoriesAreRead(Placement placement) {
    BertEncoder encoder = encoder(withMemory(placement));
    try (var prepared = new PreparedEncoder(encoder, Precision.FLOAT32)) {
      assertArrayEquals(trained(encoder, LINES), prepared(prepared, LINES), 1e-5f);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void aBatchGivesWhatItsLinesGiveOneByOne(int batch) {
    BertEncoder encoder = encoder(TinyModel.config());
    try (var prepared = new PreparedEncoder(encoder, Precision.FLOAT32)) {
      List<int[]> lines =
          java.util.stream.Stream.generate(() -> LINES).flatMap(List::stream).limit(batch).toList();
      float[] together = prepared(prepared, lines);
      int from = 0;
      for (int[] line : lines) {
        float[] alone = prepared(prepared, List.of(line));
        assertArrayEquals(alone, Arrays.copyOfRange(together, from, from + alone.length), 1e-5f);
        from += alone.length;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void everyPrecisionPointsTheSameWay(Precision precision) {
    BertEncoder encoder = encoder(TinyModel.config());
    try (var prepared = new PreparedEncoder(encoder, precision)) {
      float[] expected = trained(encoder, LINES);
      float[] actual = prepared(prepared, LINES);
      double cosine =
          dot(expected, actual) / Math.sqrt(dot(expected, expected) * dot(actual, actual));
      assertTrue(cosine > 0.9998, precision + ": cosine " + cosine);
    }
  }

  private static double dot(float[] left, float[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += (double) left[i] * right[i];
    }
    return sum;
  }

  @Test
  void theEncoderItWasMadeOfStaysAsItWas() {
    BertEncoder encoder = encoder(TinyModel.config());
    float[] before = trained(encoder, LINES);
    try (var prepared = new PreparedEncoder(encoder, Precision.BFLOAT16)) {
      var unused = prepared(prepared, LINES);
    }
    assertArrayEquals(before, trained(encoder, LINES));
  }

  @Test
  void severalThreadsMayEncodeAloneAtOnce() {
    try (var prepared = new PreparedEncoder(encoder(TinyModel.config()), Precision.FLOAT32);
        var workers = new Workers(2)) {
      float[] expected = alone(prepared);
      Supplier<float[]> task = () -> alone(prepared);
      for (float[] actual : workers.all(Collections.nCopies(40, task))) {
        assertArrayEquals(expected, actual);
      }
      assertArrayEquals(expected, alone(prepared));
    }
  }

  private static float[] alone(PreparedEncoder encoder) {
    try (var scope = new TensorScope()) {
      TokenInput input = MaskedInput.of(TokenBatch.of(LINES, 0));
      return realRows(encoder.encodeAlone(input), input);
    }
  }

  @Test
  void sameInputSameBitsWhoeverEncodesTheParts() {
    try (var prepared = new PreparedEncoder(encoder(TinyModel.config()), Precision.FLOAT32)) {
      float[] expected = prepared(prepared, LINES);
      for (int i = 0; i < 50; i++) {
        assertArrayEquals(expected, prepared(prepared, LINES));
      }
    }
  }

  @Test
  void callsLeaveNothingBehind() {
    try (var prepared = new PreparedEncoder(encoder(TinyModel.config()), Precision.FLOAT32)) {
      var warm = prepared(prepared, LINES);
      long before = PointerCount.settled();
      for (int i = 0; i < 20; i++) {
        assertEquals(warm.length, prepared(prepared, LINES).length);
      }
      assertEquals(before, PointerCount.now());
    }
  }
}
