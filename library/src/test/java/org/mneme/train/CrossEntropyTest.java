package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class CrossEntropyTest {
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.7})
  void smoothingSharesTheTargetOutAmongAllWords(double smoothing) {
    double[][] logits = {{1, -2, 0.5, 3}, {0, 0.25, 4, -1}, {9, 9, 9, 9}};
    long[] labels = {3, 0, -100};
    double expected = 0;
    for (int row = 0; row < 2; row++) {
      double sum = 0;
      for (double logit : logits[row]) {
        sum += Math.exp(logit);
      }
      for (int word = 0; word < 4; word++) {
        double target = smoothing / 4 + (labels[row] == word ? 1 - smoothing : 0);
        expected -= target * (logits[row][word] - Math.log(sum));
      }
    }
    try (var scope = new TensorScope()) {
      double[] flat = new double[12];
      for (int i = 0; i < 12; i++) {
        flat[i] = logits[i / 4][i % 4];
      }
      Tensor sum = new CrossEntropy(smoothing).sum(Tensors.of(flat, 3, 4), Tensors.of(labels, 3));
      assertEquals(expected, sum.item_double(), 1e-12);
    }
  }

  @Test
  void theRangeIsChecked() {
    assertThrows(InvalidInputException.class, () -> new CrossEntropy(1));
  }
}
