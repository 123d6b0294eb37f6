package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.AdamStep;
import org.mneme.memory.kernel.Kernels;
import org.mneme.memory.kernel.KeyGradient;
import org.mneme.memory.kernel.Reads;
import org.mneme.memory.kernel.RowGroups;
import org.mneme.memory.kernel.Rows;
import org.mneme.memory.kernel.SlotSearch;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.Parallel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Our own kernels, shared out among as many threads as libtorch's operations on the calling thread
/// would have. The same inputs give the same bits on any number of threads.
///
/// @param kernels the inner loops
public record KernelEngine(Kernels kernels) implements MemoryEngine {
  private static final int QUERIES = 128; // of a block
  private static final int TOKENS = 16;
  private static final int ROWS = 256;

  @Override
  public String name() {
    return kernels.name();
  }

  @Override
  public Selection productKeys(Tensor halfScores, int k) {
    return select(halfScores, k, 2, (search, task, from, to) -> search.product(task, from, to));
  }

  @Override
  public Selection flatKeys(Tensor scores, int k) {
    return select(scores, k, 1, (search, task, from, to) -> search.flat(task, from, to));
  }

  private interface Search {
    void run(SlotSearch search, SlotSearch.Task task, int from, int to);
  }

  private Selection select(Tensor scores, int k, int sides, Search search) {
    int heads = (int) scores.size(0);
    int tokens = (int) scores.size(sides);
    int keys = (int) scores.size(sides + 1);
    try (var scope = new TensorScope()) {
      Tensor floats = floats(scores);
      Tensor slots = Tensors.empty(torch.ScalarType.Int, tokens, heads, k);
      Tensor sums = Tensors.empty(torch.ScalarType.Float, tokens, heads, k);
      var task =
          new SlotSearch.Task(
              address(floats), address(slots), address(sums), tokens, heads, keys, k);
      Parallel.run(
          tokens * heads,
          QUERIES,
          NativeRuntime.threads(),
          (from, to) -> search.run(kernels.search().get(), task, from, to));
      return new Selection(scope.keep(slots), scope.keep(sums));
    }
  }

  @Override
  public KeyGradients keyGradients(Tensor slots, Tensor scores, Tensor queries, Tensor keys) {
    int heads = (int) keys.size(0);
    int sides = (int) keys.size(1);
    try (var scope = new TensorScope()) {
      Tensor scoreFloats = floats(scores); // [tokens, heads, k]
      Tensor queryFloats = floats(queries); // [tokens, heads * queryDim]
      Tensor keyFloats = floats(keys); // [heads, sides, keys, dim]
      Tensor queryGradients = torch.empty_like(queryFloats);
      Tensor keyGradients = torch.zeros_like(keyFloats);
      Parallel.run(
          heads * sides,
          1,
          NativeRuntime.threads(),
          (from, to) -> {
            for (int part = from; part < to; part++) {
              kernels
                  .rows()
                  .keyGradient(
                      part(
                          part,
                          slots,
                          scoreFloats,
                          queryFloats,
                          queryGradients,
                          keyFloats,
                          keyGradients));
            }
          });
      return new KeyGradients(scope.keep(queryGradients), scope.keep(keyGradients));
    }
  }

  /// One head and side, `part` counting sides within heads.
  private static KeyGradient part(
      int part,
      Tensor slots,
      Tensor scores,
      Tensor queries,
      Tensor queryGradients,
      Tensor keyRows,
      Tensor keyGradients) {
    int heads = (int) keyRows.size(0);
    int sides = (int) keyRows.size(1);
    int keys = (int) keyRows.size(2);
    int dim = (int) keyRows.size(3);
    int selected = (int) slots.size(2);
    long firstSlot = (long) (part / sides) * selected * Float.BYTES;
    long firstQuery = (long) part * dim * Float.BYTES;
    long firstKey = firstQuery * keys;
    return new KeyGradient(
        address(slots) + firstSlot,
        address(scores) + firstSlot,
        heads * selected,
        selected,
        sides == 2 && part % 2 == 0 ? keys : 1,
        keys,
        dim,
        address(queries) + firstQuery,
        address(queryGradients) + firstQuery,
        heads * sides * dim,
        address(keyRows) + firstKey,
        address(keyGradients) + firstKey,
        (int) slots.size(0));
  }

  @Override
  public Tensor read(Tensor values, Tensor slots, Tensor weights) {
    int tokens = (int) slots.size(0);
    try (var scope = new TensorScope()) {
      Tensor shares = floats(weights);
      Tensor output = Tensors.empty(torch.ScalarType.Float, tokens, values.size(1));
      Rows rows = rows(values);
      Reads reads = reads(slots);
      Parallel.run(
          tokens,
          TOKENS,
          NativeRuntime.threads(),
          (from, to) ->
              kernels.rows().read(rows, reads, address(shares), address(output), from, to));
      return scope.keep(output);
    }
  }

  @Override
  public Tensor dot(Tensor values, Tensor slots, Tensor vectors) {
    int tokens = (int) slots.size(0);
    try (var scope = new TensorScope()) {
      Tensor floats = floats(vectors);
      Tensor output = Tensors.empty(torch.ScalarType.Float, tokens, slots.size(1));
      Rows rows = rows(values);
      Reads reads = reads(slots);
      Parallel.run(
          tokens,
          TOKENS,
          NativeRuntime.threads(),
          (from, to) ->
              kernels.rows().dot(rows, reads, address(floats), address(output), from, to));
      return scope.keep(output);
    }
  }

  /// A gradient that our kernels take.
  record GroupedRows(Kernels kernels, RowGroups groups, int dim) implements Grouped {
    @Override
    public int[] rows() {
      return groups.rows();
    }

    @Override
    public double norm() {
      // a sum for each block: the same bits on any number of threads
      double[] sums = new double[(groups.count() + ROWS - 1) / ROWS];
      Parallel.run(
          groups.count(),
          ROWS,
          NativeRuntime.threads(),
          (from, to) -> sums[from / ROWS] = kernels.rows().squaredNorm(groups, dim, from, to));
      return Math.sqrt(Arrays.stream(sums).sum());
    }

    @Override
    public void addTo(Tensor dense) {
      MemorySegment memory = Tensors.memory(dense);
      for (int group = 0; group < groups.count(); group++) {
        long row = (long) groups.rows()[group] * dim;
        for (int i = groups.starts()[group]; i < groups.starts()[group + 1]; i++) {
          MemorySegment vector =
              MemorySegment.ofAddress(groups.vectors()[i]).reinterpret((long) dim * Float.BYTES);
          for (int j = 0; j < dim; j++) {
            float sum = memory.getAtIndex(ValueLayout.JAVA_FLOAT, row + j);
            sum += groups.weights()[i] * vector.getAtIndex(ValueLayout.JAVA_FLOAT, j);
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, row + j, sum);
          }
        }
      }
    }
  }

  @Override
  public Grouped group(TableGradient gradient, @Nullable Tensor products) {
    RowGroups groups = RowOrder.group(gradient, products == null ? 0 : address(products));
    return new GroupedRows(kernels, groups, gradient.dim());
  }

  @Override
  public void adam(Tensor values, Tensor first, Tensor second, Grouped gradient, AdamStep step) {
    RowGroups groups = groups(gradient);
    Rows v = rows(values);
    Rows m = rows(first);
    Rows s = rows(second);
    Parallel.run(
        groups.count(),
        ROWS,
        NativeRuntime.threads(),
        (from, to) -> kernels.rows().adam(v, m, s, groups, step, from, to));
  }

  @Override
  public void descend(Tensor values, Grouped gradient, float rate, long seed) {
    RowGroups groups = groups(gradient);
    Rows v = rows(values);
    Parallel.run(
        groups.count(),
        ROWS,
        NativeRuntime.threads(),
        (from, to) -> kernels.rows().descend(v, groups, rate, seed, from, to));
  }

  private static RowGroups groups(Grouped gradient) {
    return switch (gradient) {
      case GroupedRows rows -> rows.groups;
      case TorchEngine.SummedRows rows ->
          throw new IllegalArgumentException("the gradient was grouped by another engine");
    };
  }

  private static Rows rows(Tensor table) {
    Rows.Type type =
        switch (table.scalar_type().intern()) {
          case Float -> Rows.Type.FLOAT32;
          case BFloat16 -> Rows.Type.BFLOAT16;
          default ->
              throw new IllegalArgumentException(
                  "a table of " + table.scalar_type().intern() + "; use Float or BFloat16");
        };
    return new Rows(address(table), (int) table.size(1), type);
  }

  private static Reads reads(Tensor slots) {
    return new Reads(address(slots), (int) slots.size(1));
  }

  private static Tensor floats(Tensor tensor) {
    return tensor.detach().to(torch.ScalarType.Float).contiguous();
  }

  private static long address(Tensor tensor) {
    return Tensors.memory(tensor).address();
  }
}
