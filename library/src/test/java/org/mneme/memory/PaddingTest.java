package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What padding holds must not be seen by a memory, least of all by its batch statistics.
class PaddingTest {
  private static final int DIM = 8;
  private static final int TIME = 5;
  private static final long[] MASK = {1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0};

  static Stream<Named<SparseMemoryConfig>> memories() {
    return MemoryVariants.all(DIM);
  }

  @ParameterizedTest
  @MethodSource("memories")
  void contentOfPaddingChangesNothing(SparseMemoryConfig memory) {
    SparseMemoryConfig config =
        memory.with(draft -> {
          draft.inputDropout = 0.1;
          draft.queryDropout = 0.1;
          draft.valueDropout = 0.1;
        });
    List<float[]> zeros = step(config, 0);
    for (float padding : new float[] {-3, 1e30f, Float.NaN, Float.POSITIVE_INFINITY}) {
      List<float[]> other = step(config, padding);
      for (int i = 0; i < zeros.size(); i++) {
        assertArrayEquals(zeros.get(i), other.get(i));
      }
    }
  }

  /// Output, gradients, parameters and statistics of one training step.
  private static List<float[]> step(SparseMemoryConfig config, float padding) {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer memory = MemoryLayer.create(config, parameters, "", 5);
      Tensor x = batch(padding);
      var unused = x.set_requires_grad(true);
      Tensor mask = Tensors.of(MASK, MASK.length / TIME, TIME);
      Randomness.seed(11);
      Tensor output = memory.forward(x, mask, true);
      output.mul(batch(2)).sum().backward();
      TableGradients.materialize(memory.tables());
      List<float[]> results = new ArrayList<>();
      results.add(Tensors.floats(output));
      results.add(Tensors.floats(x.grad()));
      parameters.all().values().forEach(tensor -> results.add(Tensors.floats(tensor)));
      parameters.trained().values().forEach(tensor -> results.add(Tensors.floats(tensor.grad())));
      return results;
    }
  }

  private static Tensor batch(float padding) {
    Random random = new Random(6);
    float[] numbers = new float[MASK.length * DIM];
    for (int i = 0; i < numbers.length; i++) {
      float number = (float) random.nextGaussian();
      numbers[i] = MASK[i / DIM] == 0 ? padding : number;
    }
    return Tensors.of(numbers, MASK.length / TIME, TIME, DIM);
  }

  @ParameterizedTest
  @MethodSource("memories")
  void outputIsThatOfTheRealTokensAndZeroElsewhere(SparseMemoryConfig config) {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer memory = MemoryLayer.create(config, parameters, "", 5);
      Tensor x = batch(9);
      Tensor mask = Tensors.of(MASK, MASK.length / TIME, TIME);
      float[] output = Tensors.floats(memory.forward(x, mask, false));
      float[] all = Tensors.floats(memory.forward(x.view(-1, DIM), false));
      boolean any = false;
      for (int i = 0; i < output.length; i++) {
        assertEquals(MASK[i / DIM] == 0 ? 0 : all[i], output[i], 1e-6);
        any |= output[i] != 0;
      }
      assertEquals(true, any);
    }
  }

  @ParameterizedTest
  @MethodSource("memories")
  void aBatchOfNothingButPaddingIsAllZeros(SparseMemoryConfig config) {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer memory = MemoryLayer.create(config, parameters, "", 5);
      Tensor mask = Tensors.of(new long[MASK.length], MASK.length / TIME, TIME);
      Tensor output = memory.forward(batch(Float.NaN), mask, true);
      assertFalse(output.ne(output.mul(output)).any().item_bool());
    }
  }
}
