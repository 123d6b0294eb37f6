package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class DotProductAttentionTest {
  private static final int HEADS = 2;
  private static final int HEAD_DIM = 4;
  private static final long SEED = 3;

  /// Softmax of scaled dot products, written from the paper.
  private static double[] oracle(double[][] qkv, int batch, int time, boolean masked) {
    double[] context = new double[qkv[0].length];
    for (int head = 0; head < batch * HEADS; head++) {
      int text = head / HEADS;
      for (int i = 0; i < time; i++) {
        double[] weights = new double[time];
        double sum = 0;
        for (int j = 0; j < time; j++) {
          double score = 0;
          for (int d = 0; d < HEAD_DIM; d++) {
            score += qkv[0][at(head, i, d, time)] * qkv[1][at(head, j, d, time)];
          }
          weights[j] = looksAt(text, j, masked) ? Math.exp(score / Math.sqrt(HEAD_DIM)) : 0;
          sum += weights[j];
        }
        for (int j = 0; j < time; j++) {
          for (int d = 0; d < HEAD_DIM; d++) {
            context[at(head, i, d, time)] += weights[j] / sum * qkv[2][at(head, j, d, time)];
          }
        }
      }
    }
    return context;
  }

  private static int at(int head, int i, int d, int time) {
    return (head * time + i) * HEAD_DIM + d;
  }

  private static boolean looksAt(int text, int position, boolean masked) {
    return !masked || position <= text;
  }

  private static @Nullable Tensor mask(int batch, int time, boolean masked) {
    if (!masked) {
      return null;
    }
    long[] allowed = new long[batch * time];
    for (int i = 0; i < allowed.length; i++) {
      allowed[i] = looksAt(i / time, i % time, true) ? 1 : 0;
    }
    return Tensors.of(allowed, batch, 1, 1, time).to(torch.ScalarType.Bool);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 1, 1, false", "FLOAT32, 3, 7, false", "FLOAT32, 3, 7, true",
    "MEDIUM, 1, 1, false", "MEDIUM, 3, 7, false", "MEDIUM, 3, 7, true",
    "BFLOAT16, 3, 7, true"
  })
  void computesThePapersFormula(Precision precision, int batch, int time, boolean masked) {
    try (var scope = new TensorScope();
        var open = precision.open()) {
      Randomness.seed(SEED);
      Tensor[] parts = new Tensor[3];
      double[][] numbers = new double[3][];
      for (int i = 0; i < 3; i++) {
        parts[i] = Randomness.normal(1, batch, HEADS, time, HEAD_DIM);
        numbers[i] = Tensors.doubles(parts[i]);
      }
      Tensor context =
          DotProductAttention.apply(parts[0], parts[1], parts[2], mask(batch, time, masked), 0);
      assertEquals(torch.ScalarType.Float, context.scalar_type().intern());
      double tolerance = precision == Precision.MEDIUM ? 2e-2 : 1e-5; // with matrix units
      assertArrayEquals(oracle(numbers, batch, time, masked), Tensors.doubles(context), tolerance);
    }
  }
}
