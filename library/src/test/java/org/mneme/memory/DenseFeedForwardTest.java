package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class DenseFeedForwardTest {
  @Test
  void startsAtExactlyZero() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer layer = MemoryLayer.create(new DenseConfig(3, 5), parameters, "f.", 1);
      Tensor x = Tensors.of(new float[] {1, -2, 3, 4, 5, -6}, 2, 3);
      assertArrayEquals(new float[6], Tensors.floats(layer.forward(x, true)));
      assertEquals(3 * 5 + 5 + 5 * 3 + 3, parameters.count());
      assertEquals(0, layer.forward(Tensors.of(new float[0], 0, 3), true).size(0));
    }
  }

  @Test
  void forwardsLeaveNoPointersBehind() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer layer = MemoryLayer.create(new DenseConfig(3, 5), parameters, "f.", 1);
      Tensor x = Tensors.of(new float[6], 2, 3);
      long before = Pointer.totalCount();
      for (int i = 0; i < 20; i++) {
        try (var step = new TensorScope()) {
          layer.forward(x, true).sum().backward();
        }
      }
      assertEquals(before, Pointer.totalCount());
    }
  }
}
