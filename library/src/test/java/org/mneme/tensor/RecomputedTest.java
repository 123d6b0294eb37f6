package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.PointerCount;

class RecomputedTest {
  private static final int BLOCKS = 4;
  private static final int DIM = 24;

  /// Draws, branches and joins again.
  private static Tensor block(Tensor x, Tensor weight, double dropout) {
    Tensor h = torch.dropout(x.mm(weight).sigmoid(), dropout, true);
    return x.add(h.mm(weight.t())).add(h.mul(x)).tanh();
  }

  private static List<float[]> gradients(boolean again, boolean inputToo, double dropout) {
    List<float[]> results = new ArrayList<>();
    try (var parameters = new Parameters();
        var scope = new TensorScope()) {
      Randomness.seed(3);
      List<Tensor> weights = new ArrayList<>();
      for (int i = 0; i < BLOCKS; i++) {
        weights.add(parameters.parameter("w" + i, Randomness.normal(0.2, DIM, DIM)));
      }
      Tensor input = Randomness.normal(1, 7, DIM).set_requires_grad(inputToo);
      Tensor x = input;
      for (Tensor weight : weights) {
        x =
            again
                ? Recomputed.apply(
                    List.of(x), true, dropout > 0, in -> block(in.getFirst(), weight, dropout))
                : block(x, weight, dropout);
      }
      x.square().sum().backward();
      results.add(Tensors.floats(x));
      weights.forEach(weight -> results.add(Tensors.floats(weight.grad())));
      if (inputToo) {
        results.add(Tensors.floats(input.grad()));
      }
      results.add(Tensors.floats(Randomness.normal(1, 5))); // whoever draws next notices nothing
    }
    return results;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3})
  void gradientsAreTheSameBitForBit(double dropout) {
    for (boolean inputToo : new boolean[] {false, true}) {
      List<float[]> kept = gradients(false, inputToo, dropout);
      List<float[]> again = gradients(true, inputToo, dropout);
      assertEquals(kept.size(), again.size());
      for (int i = 0; i < kept.size(); i++) {
        assertArrayEquals(kept.get(i), again.get(i), "number " + i);
      }
    }
  }

  @Test
  void withoutAGradientTheBlockRunsOnce() {
    int[] runs = {0};
    Recomputed.Block counting =
        inputs -> {
          runs[0]++;
          return inputs.getFirst().mul(inputs.getLast());
        };
    try (var scope = new TensorScope()) {
      Tensor x = torch.ones(3).set_requires_grad(true);
      try (var guard = new NoGradGuard()) {
        assertFalse(Recomputed.apply(List.of(x, x), true, false, counting).requires_grad());
      }
      assertEquals(1, runs[0]);
      assertFalse(
          Recomputed.apply(List.of(x.detach(), x.detach()), false, false, counting)
              .requires_grad());
      assertEquals(2, runs[0]);
      Recomputed.apply(List.of(x, x), false, false, counting).sum().backward();
      assertEquals(4, runs[0]);
      assertArrayEquals(new float[] {2, 2, 2}, Tensors.floats(x.grad()));
    }
  }

  @Test
  void onlyInputsAreKeptUntilTheBackwardPass() {
    long warm = grownBy(true) + grownBy(false);
    assertTrue(warm > 0);
    long kept = grownBy(false);
    long again = grownBy(true);
    // freed memory that the allocator keeps counts too
    assertTrue(again < 0.75 * kept, "%,d bytes, %,d without".formatted(again, kept));
  }

  /// Physical memory that a forward pass through some blocks leaves taken.
  private static long grownBy(boolean again) {
    try (var outer = new TensorScope()) {
      Tensor weight = torch.ones(64, 64).set_requires_grad(true);
      Tensor first = torch.ones(16_384, 64);
      long before = Pointer.physicalBytes();
      try (var scope = new TensorScope()) {
        Tensor x = first;
        for (int i = 0; i < 16; i++) {
          List<Tensor> ins = List.of(x);
          try (var inner = new TensorScope()) {
            Recomputed.Block block = inputs -> block(inputs.getFirst(), weight, 0);
            x = inner.keep(again ? Recomputed.apply(ins, true, false, block) : block.apply(ins));
          }
        }
        return Pointer.physicalBytes() - before;
      }
    } finally {
      NativeHeap.release();
    }
  }

  @Test
  void runsLeaveNoTensorsBehind() {
    gradients(true, true, 0.3);
    long before = PointerCount.settled();
    for (int i = 0; i < 5; i++) {
      gradients(true, true, 0.3);
    }
    assertEquals(before, PointerCount.now());
  }
}
