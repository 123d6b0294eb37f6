package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.mneme.PointerCount;

class JavaOperationTest {
  private final AtomicInteger passes = new AtomicInteger();

  /// Squares, with a gradient of its own.
  private Tensor square(Tensor x) {
    Tensor saved = JavaOperation.saved(x);
    return JavaOperation.apply(
        x.detach().square(),
        List.of(x),
        false,
        gradient -> {
          passes.incrementAndGet();
          return List.of(gradient.mul(saved).mul(new Scalar(2)));
        });
  }

  /// The product of two, with a gradient of its own for each that wants one.
  private static Tensor product(Tensor x, Tensor y) {
    Tensor savedX = JavaOperation.saved(x);
    Tensor savedY = JavaOperation.saved(y);
    boolean first = x.requires_grad();
    boolean second = y.requires_grad();
    return JavaOperation.apply(
        savedX.mul(savedY),
        List.of(x, y),
        false,
        gradient ->
            Arrays.asList(
                first ? gradient.mul(savedY) : null, second ? gradient.mul(savedX) : null));
  }

  private static Tensor leaf(float... numbers) {
    return Tensors.of(numbers, numbers.length).set_requires_grad(true);
  }

  private static void assertGradient(Tensor leaf, float... expected) {
    assertArrayEquals(expected, Tensors.floats(leaf.grad()), 1e-4f);
  }

  @Test
  void theGradientIsTheOneThatBackwardGives() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, -2, 3);
      Tensor y = square(x);
      assertArrayEquals(new float[] {1, 4, 9}, Tensors.floats(y), 0);
      y.sum().backward();
      assertGradient(x, 2, -4, 6);
    }
  }

  @Test
  void anOutputThatIsUsedTwiceHasOnePassWithBothGradients() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, -2, 3);
      Tensor y = square(x);
      y.mul(new Scalar(3)).sum().add(y.square().sum()).backward();
      assertGradient(x, 3 * 2 + 4, 3 * -4 + 4 * -8, 3 * 6 + 4 * 27);
      assertEquals(1, passes.get());
    }
  }

  @Test
  void operationsFollowEachOtherAnywhereInANetwork() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, -2, 3);
      square(square(x.mul(new Scalar(2))).add(new Scalar(0))).sum().backward(); // 16 x^4
      assertGradient(x, 64, -512, 64 * 27);
      assertEquals(2, passes.get());
    }
  }

  @Test
  void anInputUsedByTwoOperationsGetsBothGradients() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, -2, 3);
      square(x).add(square(x)).add(x).sum().backward();
      assertGradient(x, 5, -7, 13);
      assertEquals(2, passes.get());
    }
  }

  @Test
  void inputsGetTheirOwnGradientsEvenIfOneStandsTwice() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, -2, 3);
      Tensor y = leaf(5, 6, 7);
      Tensor constant = Tensors.of(new float[] {2, 2, 2}, 3);
      product(x, y).add(product(x, x)).add(product(constant, y)).sum().backward();
      assertGradient(x, 5 + 2, 6 - 4, 7 + 6);
      assertGradient(y, 1 + 2, -2 + 2, 3 + 2);
    }
  }

  @Test
  void anExceptionInBackwardSurfaces() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, 2);
      Tensor y =
          JavaOperation.apply(
              x.detach().square(),
              List.of(x),
              false,
              gradient -> {
                throw new IllegalStateException("the backward half failed");
              });
      Tensor loss = y.sum();
      var thrown = assertThrows(RuntimeException.class, loss::backward);
      assertTrue(thrown.getMessage().contains("the backward half failed"), thrown.getMessage());
      assertFalse(x.grad().defined());
      square(x).sum().backward(); // and the next one is none the worse
      assertGradient(x, 2, 4);
    }
  }

  @Test
  void withoutGradientModeNothingIsTied() {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      assertFalse(square(leaf(1, 2)).requires_grad());
    }
  }

  @Test
  void withoutAnInputThatWantsAGradientNothingIsTiedUnlessItHasToRun() {
    try (var scope = new TensorScope()) {
      Tensor x = Tensors.of(new float[] {1, 2}, 2);
      assertFalse(square(x).requires_grad());
      float[][] seen = new float[1][];
      Tensor tied =
          JavaOperation.apply(
              x.square(),
              List.of(x),
              true,
              gradient -> {
                seen[0] = Tensors.floats(gradient);
                return Arrays.asList((Tensor) null);
              });
      tied.mul(new Scalar(3)).sum().backward();
      assertArrayEquals(new float[] {3, 3}, seen[0]);
      assertFalse(x.grad().defined());
    }
  }

  @Test
  void aRetainedGraphCanBeGoneThroughAgain() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, -2, 3);
      Tensor loss = square(square(x)).sum(); // x^4
      for (int pass = 1; pass <= 3; pass++) {
        try (var inner = new TensorScope()) {
          loss.backward(new Tensor(), new BoolOptional(true), false, new TensorArrayRefOptional());
        }
        assertGradient(x, 4 * pass, -32 * pass, 108 * pass);
        assertEquals(2 * pass, passes.get());
      }
    }
  }

  @Test
  void theGradientArrivesInTheOutputsShapeAndContiguous() {
    try (var scope = new TensorScope()) {
      Tensor x = leaf(1, 2, 3, 4, 5, 6).view(2, 3);
      Tensor y =
          JavaOperation.apply(
              x.detach().clone(),
              List.of(x),
              false,
              gradient -> {
                assertTrue(gradient.is_contiguous());
                assertEquals(2, gradient.size(0));
                assertEquals(3, gradient.size(1));
                passes.incrementAndGet();
                return List.of(gradient);
              });
      y.transpose(0, 1).sum().backward(); // expanded from one number
      assertEquals(1, passes.get());
    }
  }

  @Test
  void nothingToComputeIsNoObstacle() {
    try (var scope = new TensorScope()) {
      Tensor x = Tensors.zeros(torch.ScalarType.Float, 0, 4).set_requires_grad(true);
      square(x).sum().backward();
      assertEquals(0, x.grad().numel());
    }
  }

  @Test
  void operationsLeaveNoPointersBehind() {
    long before = 0;
    for (int i = 0; i < 12; i++) {
      if (i == 2) {
        before = PointerCount.settled();
      }
      try (var scope = new TensorScope()) {
        square(square(leaf(1, 2))).sum().backward();
      }
    }
    assertEquals(before, PointerCount.now());
  }
}
