package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GradientCheck;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class MemoryGradientTest {
  private static final int TOKENS = 5;
  private static final int DIM = 4;
  private static final double WORST = 1e-7;

  static Stream<Arguments> kinds() {
    return MemoryVariants.all(DIM)
        .flatMap(memory -> Stream.of(true, false).map(training -> Arguments.of(memory, training)));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void sparseMemoryMatchesCentralDifferences(SparseMemoryConfig config, boolean training) {
    check(config, training);
  }

  @Test
  void denseFeedForwardMatchesCentralDifferences() {
    check(new DenseConfig(DIM, 7), true);
  }

  private static void check(MemoryConfig config, boolean training) {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      MemoryLayer layer =
          MemoryLayer.create(config, parameters, "memory.", 3, torch.ScalarType.Double);
      Random random = new Random(4);
      Tensor x = numbers(random, TOKENS, DIM);
      Tensor direction = numbers(random, TOKENS, DIM);
      for (String name : parameters.all().keySet()) {
        if (name.contains("norm") || name.contains("outer") || name.endsWith("bias")) {
          shift(parameters.get(name), random); // neither ones nor zeros
        }
      }
      var unused = x.set_requires_grad(true);
      Map<String, Tensor> leaves = new LinkedHashMap<>(parameters.trained());
      leaves.put("x", x);
      double error =
          GradientCheck.worstError(
              leaves,
              () -> layer.forward(x, training).mul(direction).sum(),
              () -> TableGradients.materialize(layer.tables()));
      assertTrue(error < WORST, "worst relative error " + error);
    }
  }

  private static Tensor numbers(Random random, long rows, long columns) {
    return Tensors.of(random.doubles(rows * columns, -1, 1).toArray(), rows, columns);
  }

  private static void shift(Tensor tensor, Random random) {
    double[] moved = Tensors.doubles(tensor);
    for (int i = 0; i < moved.length; i++) {
      moved[i] += random.nextDouble(0.1, 0.5);
    }
    Tensors.memory(tensor).copyFrom(Tensors.memory(Tensors.of(moved, moved.length)));
  }
}
