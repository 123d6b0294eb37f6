package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TensorScopeTest {
  private static Tensor doubled(Tensor x) {
    try (var scope = new TensorScope()) {
      Tensor sum = x.add(x);
      return scope.keep(sum);
    }
  }

  @Test
  void keptTensorsGoToTheEnclosingScope() {
    Tensor result;
    try (var scope = new TensorScope()) {
      result = doubled(Tensors.of(new float[] {1, 2}, 2));
      assertArrayEquals(new float[] {2, 4}, Tensors.floats(result));
    }
    assertThrows(NullPointerException.class, result::numel);
  }

  @Test
  void keptTensorsWithoutEnclosingScopeBelongToTheCaller() {
    Tensor x = TensorScope.own(Tensors.of(new float[] {3}, 1));
    try (Tensor result = doubled(x)) {
      assertArrayEquals(new float[] {6}, Tensors.floats(result));
    }
    x.close();
  }

  @Test
  void scopesLeaveNoPointersBehind() {
    Tensor x = TensorScope.own(Tensors.of(new float[] {3}, 1));
    try (Tensor first = doubled(x)) {
      long before = Pointer.totalCount();
      for (int i = 0; i < 100; i++) {
        doubled(x).close();
      }
      assertEquals(before, Pointer.totalCount());
    }
    x.close();
  }
}
