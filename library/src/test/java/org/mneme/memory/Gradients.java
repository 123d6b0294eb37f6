package org.mneme.memory;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;

/// Gradients by the names of their parameters, those of value tables among them: the one place
/// where tests ask a table for its gradient.
public final class Gradients {
  private Gradients() {}

  /// The gradient `[slots, dim]` of a table.
  public static Tensor of(ValueTable table) {
    return table.values().grad().to_dense();
  }

  /// Forgets it.
  public static void clear(ValueTable table) {
    table.values().mutable_grad().put(new Tensor());
  }

  /// Whether the table has none.
  static boolean isMissing(ValueTable table) {
    return !table.values().grad().defined();
  }

  /// The gradient of every parameter that is trained.
  public static Map<String, Tensor> all(Parameters parameters, Map<String, ValueTable> tables) {
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    parameters
        .trained()
        .forEach((name, tensor) -> {
          ValueTable table = tables.get(name);
          gradients.put(name, table == null ? tensor.grad() : of(table));
        });
    return gradients;
  }
}
