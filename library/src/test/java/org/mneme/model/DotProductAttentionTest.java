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
  private static double[] oracle(double[][] qkv, int batch, int time, Looks looks) {
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
          weights[j] = looks.at(text, i, j) ? Math.exp(score / Math.sqrt(HEAD_DIM)) : 0;
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

  /// Who looks where.
  enum Looks {
    EVERYWHERE,
    MASKED,
    BACK;

    boolean at(int text, int from, int to) {
      return switch (this) {
        case EVERYWHERE -> true;
        case MASKED -> to <= text;
        case BACK -> to <= from;
      };
    }
  }

  private static @Nullable Tensor mask(int batch, int time, Looks looks) {
    if (looks != Looks.MASKED) {
      return null;
    }
    long[] allowed = new long[batch * time];
    for (int i = 0; i < allowed.length; i++) {
      allowed[i] = Looks.MASKED.at(i / time, 0, i % time) ? 1 : 0;
    }
    return Tensors.of(allowed, batch, 1, 1, time).to(torch.ScalarType.Bool);
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 1, 1, EVERYWHERE",
    "FLOAT32, 3, 7, EVERYWHERE",
    "FLOAT32, 3, 7, MASKED",
    "FLOAT32, 3, 7, BACK",
    "MEDIUM, 1, 1, EVERYWHERE",
    "MEDIUM, 3, 7, EVERYWHERE",
    "MEDIUM, 3, 7, MASKED",
    "MEDIUM, 3, 7, BACK",
    "BFLOAT16, 3, 7, MASKED",
    "BFLOAT16, 3, 7, BACK"
  })
  void computesThePapersFormula(Precision precision, int batch, int time, Looks looks) {
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
          new DotProductAttention(
                  mask(batch, time, looks), looks == Looks.BACK, 1 / Math.sqrt(HEAD_DIM), 0)
              .apply(parts[0], parts[1], parts[2]);
      assertEquals(torch.ScalarType.Float, context.scalar_type().intern());
      double tolerance = precision == Precision.MEDIUM ? 2e-2 : 1e-5; // with matrix units
      assertArrayEquals(oracle(numbers, batch, time, looks), Tensors.doubles(context), tolerance);
    }
  }
}
