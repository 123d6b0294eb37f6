package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class PoolingTest {
  private static float[] pooled(Pooling pooling) {
    try (var scope = new TensorScope()) {
      float[] hidden = {
        1, 2, 3, 4, 8, 9, // three real tokens
        5, 6, 1e30f, Float.MAX_VALUE, -7, 3, // one, and padding
        -1, 1, -1, 1, -1, 1 // nothing but padding
      };
      Tensor mask = Tensors.of(new long[] {1, 1, 1, 1, 0, 0, 0, 0, 0}, 3, 3);
      return Tensors.floats(pooling.pool(Tensors.of(hidden, 3, 3, 2), mask));
    }
  }

  @Test
  void theMeanIsThatOfTheRealTokens() {
    assertArrayEquals(new float[] {4, 5, 5, 6, 0, 0}, pooled(Pooling.MEAN), 1e-6f);
  }

  @Test
  void clsIsTheFirstToken() {
    assertArrayEquals(new float[] {1, 2, 5, 6, -1, 1}, pooled(Pooling.CLS));
  }
}
