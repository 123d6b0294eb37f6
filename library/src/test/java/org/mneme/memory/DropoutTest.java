package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class DropoutTest {
  @Test
  void outsideOfTrainingNothingChanges() {
    try (var scope = new TensorScope()) {
      Tensor x = torch.ones(3);
      assertSame(x, Dropout.apply(x, 0.5, false));
      assertSame(x, Dropout.apply(x, 0, true));
    }
  }

  @Test
  void gradientsGoWhereNumbersWent() {
    try (var scope = new TensorScope()) {
      Randomness.seed(4);
      Tensor x = torch.ones(20, 30).set_requires_grad(true);
      Tensor out = Dropout.apply(x, 0.25, true);
      out.sum().backward();
      assertArrayEquals(Tensors.floats(out.view(-1)), Tensors.floats(x.grad().view(-1)));
    }
  }

  @Test
  void theSameStateOfTheGeneratorDrawsTheSame() {
    try (var scope = new TensorScope()) {
      Tensor x = torch.ones(1000);
      Randomness.seed(4);
      float[] first = Tensors.floats(Dropout.apply(x, 0.25, true));
      float[] second = Tensors.floats(Dropout.apply(x, 0.25, true));
      assertFalse(Arrays.equals(first, second));
      Randomness.seed(4);
      assertArrayEquals(first, Tensors.floats(Dropout.apply(x, 0.25, true)));
    }
  }

  @Test
  void everyTypeKeepsItself() {
    try (var scope = new TensorScope()) {
      for (var type :
          new torch.ScalarType[] {
            torch.ScalarType.Float, torch.ScalarType.Double, torch.ScalarType.BFloat16
          }) {
        Tensor noise = Dropout.noise(9, 0.5, type, 64);
        assertEquals(type, noise.scalar_type().intern());
        assertArrayEquals(
            Tensors.floats(Dropout.noise(9, 0.5, torch.ScalarType.Float, 64)),
            Tensors.floats(noise.to(torch.ScalarType.Float)));
      }
    }
  }
}
