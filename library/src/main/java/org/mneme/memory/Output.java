package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

/// From what a token x read, a vector y of `valueDim`, to the layer's output of `dim`.
///
/// Projections start with zero biases and weights that are not zero: with zero values the output is
/// zero, and still the gradient reaches the values.
public sealed interface Output {
  /// Width of a row of the table in a model of width `dim`.
  int valueDim(int dim);

  /// y itself (Lample et al. 2019).
  record Direct() implements Output {
    @Override
    public int valueDim(int dim) {
      return dim;
    }
  }

  /// `W2 y + b2` (parameters `output_projection.weight` and `.bias`): rows of any width.
  record Projected(int valueDim) implements Output {
    /// Checks the width.
    public Projected {
      checkWidth(valueDim);
    }

    @Override
    public int valueDim(int dim) {
      return valueDim;
    }
  }

  /// `W2 (y * silu(W1 x + b1)) + b2` (Memory+: Berges et al. 2024, arXiv 2412.09764; parameters
  /// `gate_projection.*` and `output_projection.*`): rows of any width.
  record SiluGate(int valueDim) implements Output {
    /// Checks the width.
    public SiluGate {
      checkWidth(valueDim);
    }

    @Override
    public int valueDim(int dim) {
      return valueDim;
    }
  }

  /// `sigmoid(<g, x> + b) * y`, one gate for each token (parameters `scalar_gate.weight` `[1, dim]`
  /// and `scalar_gate.bias` `[1]`).
  record ScalarGate() implements Output {
    @Override
    public int valueDim(int dim) {
      return dim;
    }
  }

  private static void checkWidth(int valueDim) {
    check(valueDim > 0, "valueDim", "valueDim %d is not positive; raise memory.valueDim", valueDim);
  }
}
