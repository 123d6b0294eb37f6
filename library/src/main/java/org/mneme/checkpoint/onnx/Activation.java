package org.mneme.checkpoint.onnx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/// The activations of a feed-forward layer under the names of Hugging Face configurations, known by
/// their values: exporters write the same function in many ways.
final class Activation {
  private static final double[] POINTS = {-3.5, -2, -1.25, -0.75, -0.25, 0, 0.5, 1, 1.75, 2.5, 4};

  /// The two kinds of gelu are 5e-4 apart; constants rounded to float16 move a function by 1e-4.
  private static final double TOLERANCE = 1e-3;

  private static final Map<String, DoubleUnaryOperator> KNOWN = new LinkedHashMap<>();

  static {
    KNOWN.put("gelu", ScalarOperators::gelu);
    KNOWN.put("gelu_new", ScalarOperators::geluTanh);
    KNOWN.put("relu", x -> Math.max(x, 0));
    KNOWN.put("silu", x -> x * ScalarOperators.sigmoid(x));
    KNOWN.put("quick_gelu", x -> x * ScalarOperators.sigmoid(1.702 * x));
    KNOWN.put("tanh", Math::tanh);
    KNOWN.put("sigmoid", ScalarOperators::sigmoid);
    KNOWN.put("linear", x -> x);
  }

  private Activation() {}

  /// The name of the function by which `output` follows from `input`; absent where it is none of
  /// them.
  static Optional<String> between(String input, String output, GraphProbe probe) {
    int rank = Math.max(probe.dims(input).map(Dims::rank).orElse(3), 1);
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    sizes[rank - 1] = POINTS.length;
    Optional<double[]> answers =
        probe.response(input, ProbeValue.of(Dims.of(sizes), POINTS, false), output);
    return answers.flatMap(Activation::nearest);
  }

  private static Optional<String> nearest(double[] found) {
    Optional<String> best = Optional.empty();
    double least = TOLERANCE;
    for (var known : KNOWN.entrySet()) {
      double distance = distance(known.getValue(), found);
      if (distance < least) {
        least = distance;
        best = Optional.of(known.getKey());
      }
    }
    return best;
  }

  /// The largest difference at any point, infinite where they cannot be compared.
  private static double distance(DoubleUnaryOperator function, double[] found) {
    double worst = found.length == POINTS.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < POINTS.length && worst < TOLERANCE; i++) {
      double distance = Math.abs(function.applyAsDouble(POINTS[i]) - found[i]);
      worst = distance <= worst ? worst : distance;
    }
    return Double.isNaN(worst) ? Double.POSITIVE_INFINITY : worst;
  }
}
