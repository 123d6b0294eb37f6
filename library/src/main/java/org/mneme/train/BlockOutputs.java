package org.mneme.train;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.data.LengthBatches;
import org.mneme.data.TokenBatch;
import org.mneme.memory.SparseMemory;
import org.mneme.model.CausalTransformer;
import org.mneme.model.CausalTransformer.Split;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// What a causal model comes to below its first trained part, for texts that come again and again:
/// computed once, in float32, and kept in memory or, where that is much, in a mapped file.
///
/// Safe for several threads once it is made; to be closed when none reads it.
public final class BlockOutputs implements AutoCloseable {
  /// Bytes up to which it is kept in memory.
  private static final long IN_MEMORY = 1L << 30;

  private static final int TOKENS = 2048; // computed at once
  private static final long MOST_TOKENS = 1 << 16; // that queries are whitened on

  private final CausalTransformer model;
  private final Split split;
  private final int[] lengths;
  private final long[] starts; // of every text, in tokens
  private final LargeMemory memory;

  private BlockOutputs(CausalTransformer model, Split split, List<int[]> texts, Path folder) {
    this.model = model;
    this.split = split;
    lengths = texts.stream().mapToInt(text -> text.length).toArray();
    starts = new long[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      starts[i + 1] = starts[i] + lengths[i];
    }
    long bytes = bytes(starts[lengths.length]);
    memory = bytes <= IN_MEMORY ? LargeMemory.allocate(bytes) : LargeMemory.inFolder(folder, bytes);
  }

  /// Runs what lies below `split` on all texts, on all processors.
  ///
  /// @param texts token ids, none without any
  /// @param folder for a file without a name, where memory is too dear
  public static BlockOutputs of(
      CausalTransformer model, Split split, List<int[]> texts, Path folder) {
    BlockOutputs outputs = new BlockOutputs(model, split, texts, folder);
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      List<Supplier<Boolean>> tasks = new ArrayList<>();
      for (int[] rows : LengthBatches.of(outputs.lengths, TOKENS)) {
        tasks.add(() -> outputs.compute(texts, rows));
      }
      var unused = workers.all(tasks);
      return outputs;
    } catch (RuntimeException | Error e) {
      outputs.close();
      throw e;
    }
  }

  private boolean compute(List<int[]> texts, int[] rows) {
    TokenBatch batch = TokenBatch.of(Arrays.stream(rows).mapToObj(texts::get).toList(), 0);
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor all = model.below(MaskedInput.of(batch), split).contiguous(); // [tokens, dim]
      for (int i = 0; i < rows.length; i++) {
        MemorySegment source = Tensors.memory(all).asSlice(bytes((long) i * batch.time()));
        MemorySegment.copy(source, 0, memory.segment(), place(rows[i]), bytes(lengths[rows[i]]));
      }
    }
    return true;
  }

  private long width() {
    return (split.atMemory() ? 2L : 1L) * model.config().dim();
  }

  private long place(int row) {
    return bytes(starts[row]);
  }

  private long bytes(long tokens) {
    return tokens * width() * Float.BYTES;
  }

  /// The last hidden state at the target positions alone, `[targets, dim]`: the other blocks run.
  ///
  /// @param rows the texts of `input`, in its order
  public Tensor encodeTargets(int[] rows, MaskedInput input, boolean training) {
    Tensor below = of(rows, Math.toIntExact(input.input().time()));
    return model.encodeTargets(input.input(), below, split, input.targets(), training);
  }

  /// Draws the queries of the memory anew that they lead to, where it is a sparse one, so that
  /// those of the texts are white (see [SparseMemory#whitenQueries]); else does nothing.
  public void whitenQueries(long seed) {
    SparseMemory sparse = split.atMemory() ? model.sparseMemories().get(split.block()) : null;
    if (sparse == null || sparse.config().query().layers() > 1) {
      return;
    }
    try (var scope = new TensorScope()) {
      long tokens = Math.min(MOST_TOKENS, starts[lengths.length]);
      Tensor read =
          memory
              .tensor(torch.ScalarType.Float, tokens, 2, model.config().dim())
              .select(1, 0); // [tokens, dim]
      sparse.whitenQueries(read, seed);
    }
  }

  /// Those of some texts, `[rows * time, dim]` or `[rows * time, 2, dim]`, zeros behind shorter
  /// ones.
  private Tensor of(int[] rows, int time) {
    Tensor batch = Tensors.zeros(torch.ScalarType.Float, (long) rows.length * time, width());
    MemorySegment target = Tensors.memory(batch);
    for (int i = 0; i < rows.length; i++) {
      long at = bytes((long) i * time);
      MemorySegment.copy(memory.segment(), place(rows[i]), target, at, bytes(lengths[rows[i]]));
    }
    int dim = model.config().dim();
    return split.atMemory() ? batch.view(-1, 2, dim) : batch;
  }

  @Override
  public void close() {
    memory.close();
  }
}
