package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PrecisionTest {
  @BeforeAll
  static void start() {
    NativeRuntime.start();
  }

  private static torch.ScalarType typeOfProducts() {
    try (var scope = new TensorScope()) {
      Tensor matrix = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2);
      return matrix.mm(matrix).scalar_type().intern();
    }
  }

  @Test
  void bfloat16RoundsResultsUntilItIsClosed() {
    try (var open = Precision.BFLOAT16.open()) {
      assertEquals(torch.ScalarType.BFloat16, typeOfProducts());
      try (var inner = Precision.FLOAT32.open()) {
        assertEquals(torch.ScalarType.BFloat16, typeOfProducts(), "float32 asks for nothing");
      }
    }
    assertEquals(torch.ScalarType.Float, typeOfProducts());
  }

  @Test
  void mediumKeepsFloat32Results() {
    assertFalse(Precision.isMedium());
    try (var open = Precision.MEDIUM.open()) {
      assertTrue(Precision.isMedium());
      assertEquals(torch.ScalarType.Float, typeOfProducts());
    }
    assertFalse(Precision.isMedium());
  }

  @Test
  void labelsAreThoseOfSettings() {
    assertEquals("bfloat16", Precision.BFLOAT16.label());
  }
}
