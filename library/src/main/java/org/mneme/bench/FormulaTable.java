package org.mneme.bench;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.bench.Stage.Storage;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A table that holds what [Inputs] says, in memory of its own.
final class FormulaTable implements AutoCloseable {
  private static final int ROWS = 8192; // filled at once

  private final LargeMemory memory;
  private final Tensor values; // [slots, valueDim]

  FormulaTable(Inputs inputs, Storage storage) {
    Sizes sizes = inputs.sizes();
    memory = LargeMemory.allocate(sizes.numbers() * bytes(storage));
    try (var scope = new TensorScope()) {
      values = TensorScope.own(memory.tensor(type(storage), sizes.slots(), sizes.valueDim()));
    }
    fill(values, inputs);
  }

  /// The rows `[slots, valueDim]`.
  Tensor values() {
    return values;
  }

  /// Bytes of a number.
  static int bytes(Storage storage) {
    return switch (storage) {
      case FLOAT32 -> Float.BYTES;
      case BFLOAT16 -> Short.BYTES;
    };
  }

  private static torch.ScalarType type(Storage storage) {
    return switch (storage) {
      case FLOAT32 -> torch.ScalarType.Float;
      case BFLOAT16 -> torch.ScalarType.BFloat16;
    };
  }

  /// Writes the formula's values into a table.
  static void fill(Tensor values, Inputs inputs) {
    int slots = inputs.sizes().slots();
    int dim = inputs.sizes().valueDim();
    for (int first = 0; first < slots; first += ROWS) {
      int count = Math.min(ROWS, slots - first);
      float[] rows = new float[count * dim];
      inputs.values(first, rows);
      try (var scope = new TensorScope()) {
        var unused = values.detach().narrow(0, first, count).copy_(Tensors.of(rows, count, dim));
      }
    }
  }

  /// Copies of some rows.
  static float[] rows(Tensor values, int... rows) {
    int dim = Math.toIntExact(values.size(1));
    float[] copies = new float[rows.length * dim];
    for (int i = 0; i < rows.length; i++) {
      try (var scope = new TensorScope()) {
        float[] row = Tensors.floats(values.detach().select(0, rows[i]));
        System.arraycopy(row, 0, copies, i * dim, dim);
      }
    }
    return copies;
  }

  @Override
  public void close() {
    values.close();
    memory.close();
  }
}
