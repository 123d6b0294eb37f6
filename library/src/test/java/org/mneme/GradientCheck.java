package org.mneme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Compares what backward computes with differences of the loss itself.
public final class GradientCheck {
  private static final double STEP = 1e-5;
  private static final double FLOOR = 1e-3;

  private GradientCheck() {}

  /// The worst difference between the gradient that backward computes and the central difference,
  /// over every element of every leaf, relative to the largest gradient of that leaf. (A leaf whose
  /// gradient is below a thousandth of the largest of all counts as if it had that.)
  ///
  /// @param leaves float64 tensors with a gradient, by name; their elements are moved and put back
  /// @param loss computes a float64 scalar from the leaves, the same one each time
  public static double worstError(Map<String, Tensor> leaves, Supplier<Tensor> loss) {
    return worstError(leaves, loss, () -> {});
  }

  /// The same, where `collect` has to run after backward to bring gradients to their leaves.
  public static double worstError(
      Map<String, Tensor> leaves, Supplier<Tensor> loss, Runnable collect) {
    try (var scope = new TensorScope()) {
      leaves.values().forEach(leaf -> leaf.mutable_grad().put(new Tensor()));
      loss.get().backward();
      collect.run();
      double floor =
          FLOOR * leaves.values().stream().mapToDouble(l -> largest(gradient(l))).max().orElse(0);
      double worst = 0;
      for (Tensor leaf : leaves.values()) {
        double[] exact = gradient(leaf);
        double scale = Math.max(floor, largest(exact));
        for (int i = 0; i < exact.length; i++) {
          double error = Math.abs(exact[i] - difference(leaf, i, loss)) / scale;
          worst = Double.isNaN(error) ? error : Math.max(worst, error);
        }
      }
      return worst;
    }
  }

  private static double largest(double[] numbers) {
    return Arrays.stream(numbers).map(Math::abs).max().orElse(0);
  }

  private static double[] gradient(Tensor leaf) {
    Tensor gradient = leaf.grad();
    return Tensors.doubles(gradient);
  }

  private static double difference(Tensor leaf, int element, Supplier<Tensor> loss) {
    MemorySegment memory = Tensors.memory(leaf);
    double value = memory.getAtIndex(ValueLayout.JAVA_DOUBLE, element);
    memory.setAtIndex(ValueLayout.JAVA_DOUBLE, element, value + STEP);
    double above = value(loss);
    memory.setAtIndex(ValueLayout.JAVA_DOUBLE, element, value - STEP);
    double below = value(loss);
    memory.setAtIndex(ValueLayout.JAVA_DOUBLE, element, value);
    return (above - below) / (2 * STEP);
  }

  private static double value(Supplier<Tensor> loss) {
    try (var scope = new TensorScope()) {
      return Tensors.doubles(loss.get())[0];
    }
  }

  /// Moves all weights well away from zeros, ones and each other, so that nothing is flat.
  public static void stir(Parameters parameters, double deviation) {
    Random random = new Random(9);
    for (Tensor tensor : parameters.trained().values()) {
      double[] noise = new double[(int) tensor.numel()];
      Arrays.setAll(noise, i -> deviation * random.nextGaussian());
      try (var scope = new TensorScope()) {
        var unused = tensor.detach().add_(Tensors.of(noise, noise.length).view_as(tensor));
      }
    }
  }
}
