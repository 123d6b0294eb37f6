package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Tensors;

/// The sparse gradient of a table: a vector for each read, grouped by row. Valid in the scope in
/// which it was made, as long as the gradient is.
///
/// @param rows which reads are of which row
/// @param memory `[reads, dim]` float32
/// @param dim width of a row
record RowGradient(RowOrder rows, MemorySegment memory, int dim) {
  private static final int GROUPS = 512; // rows of a block

  /// The gradient of `values` `[rows, dim]`, null if it has none.
  ///
  /// @throws IllegalArgumentException if the gradient is dense
  static @Nullable RowGradient of(Tensor values) {
    Tensor gradient = values.grad();
    if (!gradient.defined()) {
      return null;
    }
    if (!gradient.is_sparse()) {
      throw new IllegalArgumentException("the gradient of the table is dense, not sparse by row");
    }
    Tensor rows = gradient._indices().select(0, 0).contiguous(); // [reads]
    Tensor vectors = gradient._values().to(torch.ScalarType.Float).contiguous(); // [reads, dim]
    RowOrder order =
        RowOrder.of(
            Tensors.memory(rows), Math.toIntExact(rows.numel()), Math.toIntExact(values.size(0)));
    return new RowGradient(order, Tensors.memory(vectors), Math.toIntExact(values.size(1)));
  }

  /// Puts the sum of a group's vectors into `sum` `[dim]`.
  void sum(int group, float[] sum) {
    load(rows.read(group, 0), sum);
    if (rows.size(group) > 1) {
      float[] next = new float[dim];
      for (int i = 1; i < rows.size(group); i++) {
        load(rows.read(group, i), next);
        for (int j = 0; j < dim; j++) {
          sum[j] += next[j];
        }
      }
    }
  }

  private void load(int read, float[] vector) {
    long start = (long) read * dim * Float.BYTES;
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, start, vector, 0, dim);
  }

  /// Rows from one to another group, the latter left out.
  interface Block {
    void run(int from, int to);
  }

  /// Runs `block` over all groups, several blocks at a time. Where blocks begin depends on the
  /// number of groups alone.
  void forEachBlock(Block block) {
    IntStream.range(0, blocks())
        .parallel()
        .forEach(i -> block.run(i * GROUPS, Math.min(rows.groups(), (i + 1) * GROUPS)));
  }

  private int blocks() {
    return (rows.groups() + GROUPS - 1) / GROUPS;
  }

  /// The norm of the gradient, the vectors of a row added up first.
  double norm() {
    double[] sums =
        new double[blocks()]; // a sum for each block: the same bits on any number of threads
    forEachBlock((from, to) -> {
      double[] squares = new double[dim]; // a sum for each column: independent, so vectorised
      float[] sum = new float[dim];
      for (int group = from; group < to; group++) {
        sum(group, sum);
        for (int j = 0; j < dim; j++) {
          squares[j] += (double) sum[j] * sum[j];
        }
      }
      sums[from / GROUPS] = Arrays.stream(squares).sum();
    });
    return Math.sqrt(Arrays.stream(sums).sum());
  }
}
