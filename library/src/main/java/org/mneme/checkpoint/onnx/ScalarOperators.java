package org.mneme.checkpoint.onnx;

import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/// The operators that work on each element alone.
final class ScalarOperators {
  private ScalarOperators() {}

  /// The function of a node with one input, absent where it is none of these.
  static Optional<DoubleUnaryOperator> unary(OnnxNode node) {
    return Optional.ofNullable(
        switch (node.opType()) {
          case "Sqrt" -> Math::sqrt;
          case "Erf" -> ScalarOperators::erf;
          case "Tanh" -> Math::tanh;
          case "Sigmoid" -> ScalarOperators::sigmoid;
          case "Relu" -> x -> Math.max(x, 0);
          case "Exp" -> Math::exp;
          case "Log" -> Math::log;
          case "Neg" -> x -> -x;
          case "Abs" -> Math::abs;
          case "Reciprocal" -> x -> 1 / x;
          case "Floor" -> Math::floor;
          case "Ceil" -> Math::ceil;
          case "Sign" -> Math::signum;
          case "Softplus" -> x -> Math.log1p(Math.exp(x));
          case "Not" -> x -> x == 0 ? 1 : 0;
          case "IsNaN" -> x -> Double.isNaN(x) ? 1 : 0;
          case "Gelu" ->
              node.text("approximate", "none").equals("tanh")
                  ? ScalarOperators::geluTanh
                  : ScalarOperators::gelu;
          default -> null;
        });
  }

  /// The function of a node with two inputs, absent where it is none of these.
  static Optional<DoubleBinaryOperator> binary(OnnxNode node, boolean whole) {
    return Optional.ofNullable(
        switch (node.opType()) {
          case "Add" -> Double::sum;
          case "Sub" -> (x, y) -> x - y;
          case "Mul" -> (x, y) -> x * y;
          case "Div" -> whole ? (x, y) -> truncated(x / y) : (x, y) -> x / y;
          case "Mod" -> (x, y) -> x - y * Math.floor(x / y);
          case "Pow" -> Math::pow;
          case "Min" -> Math::min;
          case "Max" -> Math::max;
          case "Equal" -> (x, y) -> x == y ? 1 : 0;
          case "Greater" -> (x, y) -> x > y ? 1 : 0;
          case "GreaterOrEqual" -> (x, y) -> x >= y ? 1 : 0;
          case "Less" -> (x, y) -> x < y ? 1 : 0;
          case "LessOrEqual" -> (x, y) -> x <= y ? 1 : 0;
          case "And" -> (x, y) -> x != 0 && y != 0 ? 1 : 0;
          case "Or" -> (x, y) -> x != 0 || y != 0 ? 1 : 0;
          default -> null;
        });
  }

  /// `x` without its fraction.
  static double truncated(double x) {
    return x < 0 ? Math.ceil(x) : Math.floor(x);
  }

  /// `x` times the normal distribution's share below it.
  static double gelu(double x) {
    return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
  }

  /// The approximation of [#gelu] by a hyperbolic tangent.
  static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  /// The logistic function.
  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /// The error function, by its series near zero and its continued fraction beyond; exact to about
  /// 1e-14.
  static double erf(double x) {
    double size = Math.abs(x);
    if (size > 6 || Double.isNaN(x)) {
      return Math.signum(x);
    }
    if (size > 2.5) {
      double fraction = 0;
      for (int k = 60; k >= 1; k--) {
        fraction = k / 2.0 / (size + fraction);
      }
      double tail = Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction);
      return Math.signum(x) * (1 - tail);
    }
    double term = x;
    double sum = x;
    for (int k = 1; k < 80; k++) {
      term *= -x * x / k;
      sum += term / (2 * k + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
