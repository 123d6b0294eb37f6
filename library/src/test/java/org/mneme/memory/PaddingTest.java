package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What padding holds must not be seen by a memory, least of all by its batch statistics.
class PaddingTest {
  private static final int DIM = 8;
  private static final int TIME = 5;
  private static final long[] MASK = {1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0};

  private static ProductKeyConfig config(QueryNorm norm) {
    return ProductKeyConfig.defaults(DIM)
        .withSlotsPerHead(3)
        .withKeysPerSide(6)
        .withHeads(2)
        .withQueryDim(4)
        .withQueryNorm(norm)
        .withDropout(0.1, 0.1, 0.1);
  }

  @ParameterizedTest
  @EnumSource(QueryNorm.class)
  void contentOfPaddingChangesNothing(QueryNorm norm) {
    List<float[]> zeros = step(config(norm), 0);
    for (float padding : new float[] {-3, 1e30f, Float.NaN, Float.POSITIVE_INFINITY}) {
      List<float[]> other = step(config(norm), padding);
      for (int i = 0; i < zeros.size(); i++) {
        assertArrayEquals(zeros.get(i), other.get(i));
      }
    }
  }

  /// Output, gradients, parameters and statistics of one training step.
  private static List<float[]> step(ProductKeyConfig config, float padding) {
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
      for (Tensor tensor : parameters.all().values()) {
        results.add(Tensors.floats(tensor));
        if (tensor.requires_grad()) {
          results.add(Tensors.floats(tensor.grad()));
        }
      }
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

  @Test
  void outputIsThatOfTheRealTokensAndZeroElsewhere() {
    ProductKeyConfig config = config(QueryNorm.LAYER).withDropout(0, 0, 0);
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

  @Test
  void aBatchOfNothingButPaddingIsAllZeros() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer memory = MemoryLayer.create(config(QueryNorm.BATCH), parameters, "", 5);
      Tensor mask = Tensors.of(new long[MASK.length], MASK.length / TIME, TIME);
      Tensor output = memory.forward(batch(Float.NaN), mask, true);
      assertFalse(output.ne(output.mul(output)).any().item_bool());
    }
  }
}
