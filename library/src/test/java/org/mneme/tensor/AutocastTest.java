package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AutocastTest {
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
  void roundsProductsUntilItIsClosed() {
    assertEquals(torch.ScalarType.Float, typeOfProducts());
    try (var outer = Autocast.bfloat16()) {
      assertEquals(torch.ScalarType.BFloat16, typeOfProducts());
      try (var inner = Autocast.bfloat16()) {
        assertEquals(torch.ScalarType.BFloat16, typeOfProducts());
      }
      assertEquals(torch.ScalarType.BFloat16, typeOfProducts());
    }
    assertEquals(torch.ScalarType.Float, typeOfProducts());
  }

  @Test
  void isOneThreadsAlone() throws InterruptedException {
    try (var open = Autocast.bfloat16()) {
      torch.ScalarType[] elsewhere = new torch.ScalarType[1];
      Thread thread = Thread.ofPlatform().start(() -> elsewhere[0] = typeOfProducts());
      thread.join();
      assertEquals(torch.ScalarType.Float, elsewhere[0]);
    }
  }

  @Test
  void gradientsStayWide() {
    try (var scope = new TensorScope()) {
      Tensor weight = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2).set_requires_grad(true);
      Tensor x = Tensors.of(new float[] {0.5f, 0.25f}, 1, 2);
      try (var open = Autocast.bfloat16()) {
        x.mm(weight).sum().backward();
      }
      assertEquals(torch.ScalarType.Float, weight.grad().scalar_type().intern());
      assertEquals(0.25, weight.grad().get(1).get(0).item_float());
    }
  }
}
