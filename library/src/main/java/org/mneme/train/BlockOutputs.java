package org.mneme.train;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.data.TokenBatch;
import org.mneme.model.CausalTransformer;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// What goes into a block of a causal model for texts that come again and again, while the blocks
/// below it stay as they are: computed once, in float32, and kept in memory or, where that is much,
/// in a mapped file.
///
/// Safe for several threads once it is made; to be closed when none reads it.
public final class BlockOutputs implements AutoCloseable {
  /// Bytes up to which it is kept in memory.
  private static final long IN_MEMORY = 1L << 30;

  private static final int TOKENS = 2048; // computed at once

  private final CausalTransformer model;
  private final int first;
  private final int[] lengths;
  private final long[] starts; // of every text, in tokens
  private final LargeMemory memory;

  private BlockOutputs(CausalTransformer model, int first, List<int[]> texts, Path folder) {
    this.model = model;
    this.first = first;
    lengths = texts.stream().mapToInt(text -> text.length).toArray();
    starts = new long[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      starts[i + 1] = starts[i] + lengths[i];
    }
    long bytes = bytes(starts[lengths.length]);
    memory = bytes <= IN_MEMORY ? LargeMemory.allocate(bytes) : LargeMemory.inFolder(folder, bytes);
  }

  /// Runs the blocks below `first` on all texts, on all processors.
  ///
  /// @param texts token ids, none without any
  /// @param folder for a file without a name, where memory is too dear
  public static BlockOutputs of(
      CausalTransformer model, int first, List<int[]> texts, Path folder) {
    BlockOutputs outputs = new BlockOutputs(model, first, texts, folder);
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      List<Supplier<Boolean>> tasks = new ArrayList<>();
      for (int[] rows : batches(outputs.lengths)) {
        tasks.add(() -> outputs.compute(texts, rows));
      }
      var unused = workers.all(tasks);
      return outputs;
    } catch (RuntimeException | Error e) {
      outputs.close();
      throw e;
    }
  }

  private static List<int[]> batches(int[] lengths) {
    int[] byLength =
        IntStream.range(0, lengths.length)
            .boxed()
            .sorted(Comparator.comparingInt(row -> lengths[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    List<int[]> batches = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= byLength.length; to++) {
      if (to == byLength.length || (to + 1 - from) * lengths[byLength[to]] > TOKENS) {
        batches.add(Arrays.copyOfRange(byLength, from, to));
        from = to;
      }
    }
    return batches;
  }

  private boolean compute(List<int[]> texts, int[] rows) {
    TokenBatch batch = TokenBatch.of(Arrays.stream(rows).mapToObj(texts::get).toList(), 0);
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor all = model.below(MaskedInput.of(batch), first).contiguous(); // [tokens, dim]
      for (int i = 0; i < rows.length; i++) {
        MemorySegment source = Tensors.memory(all).asSlice(bytes((long) i * batch.time()));
        MemorySegment.copy(source, 0, memory.segment(), place(rows[i]), bytes(lengths[rows[i]]));
      }
    }
    return true;
  }

  private long place(int row) {
    return bytes(starts[row]);
  }

  private long bytes(long tokens) {
    return tokens * model.config().dim() * Float.BYTES;
  }

  /// The last hidden state at the target positions alone, `[targets, dim]`: the other blocks run.
  ///
  /// @param rows the texts of `input`, in its order
  public Tensor encodeTargets(int[] rows, MaskedInput input, boolean training) {
    Tensor below = of(rows, Math.toIntExact(input.input().time()));
    return model.encodeTargets(input.input(), below, first, input.targets(), training);
  }

  /// Those of some texts, `[rows * time, dim]`, zeros behind shorter ones.
  private Tensor of(int[] rows, int time) {
    Tensor batch =
        Tensors.zeros(torch.ScalarType.Float, (long) rows.length * time, model.config().dim());
    MemorySegment target = Tensors.memory(batch);
    for (int i = 0; i < rows.length; i++) {
      long at = bytes((long) i * time);
      MemorySegment.copy(memory.segment(), place(rows[i]), target, at, bytes(lengths[rows[i]]));
    }
    return batch;
  }

  @Override
  public void close() {
    memory.close();
  }
}
