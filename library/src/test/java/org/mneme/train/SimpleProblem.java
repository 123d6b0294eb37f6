package org.mneme.train;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A vector and a table with a loss whose gradients are plain to see.
final class SimpleProblem {
  private SimpleProblem() {}

  /// Parameters `w` [3] and a table, and the loss 3 * sum(w) + 4 * (sum of rows 1 and 2).
  static Parameters simple() {
    Parameters parameters = new Parameters();
    try (var scope = new TensorScope()) {
      Tensor unused = parameters.parameter("w", Tensors.of(new float[] {1, 2, 3}, 3));
      unused =
          parameters.parameter("x.memory.values", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    }
    return parameters;
  }

  /// The table of [#simple()] or of another set of parameters.
  static Map<String, ValueTable> tables(Parameters parameters, String name) {
    ValueTable table = new ValueTable(parameters.get(name), MemoryEngine.chosen());
    parameters.gradientElsewhere(table.gradient()::clear);
    return Map.of(name, table);
  }

  /// Reads these rows of the only table, each once.
  static Tensor rows(Map<String, ValueTable> tables, int... rows) {
    Tensor ones = torch.ones(rows.length, 1);
    Tensor slots = torch.tensor(rows).view(-1, 1).to(torch.ScalarType.Int);
    return tables.values().iterator().next().read(slots, ones);
  }

  static Tensor simpleLoss(Parameters parameters, Map<String, ValueTable> tables) {
    return parameters
        .get("w")
        .sum()
        .mul(new Scalar(3.0))
        .add(rows(tables, 1, 2).sum().mul(new Scalar(4.0)));
  }

  /// Zero, with an infinite gradient.
  static Tensor infinitelySteep(Tensor x) {
    return x.sub(x.detach()).sqrt().sum();
  }
}
