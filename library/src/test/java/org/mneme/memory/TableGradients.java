package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Tensors;

/// Gradients of tables as tests want them.
public final class TableGradients {
  private TableGradients() {}

  /// Makes `vectors` `[reads, dim]` at `rows` `[reads]` the gradient of `table`.
  static void give(ValueTable table, Tensor rows, Tensor vectors) {
    table.gradient().clear();
    Tensor slots = rows.to(torch.ScalarType.Int).view(-1, 1);
    Tensor ones = Tensors.zeros(vectors.scalar_type().intern(), rows.numel(), 1);
    ones.add_(new org.bytedeco.pytorch.Scalar(1));
    table.gradient().append(slots, ones, vectors);
  }

  /// Moves the gradients of tables to where those of other parameters are, as dense ones.
  public static void materialize(Map<String, ValueTable> tables) {
    for (ValueTable table : tables.values()) {
      Tensor dense = table.denseGradient();
      table.values().mutable_grad().put(dense == null ? new Tensor() : dense);
      table.gradient().clear();
    }
  }
}
