package org.mneme.memory;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.AdamStep;
import org.mneme.memory.kernel.KernelChoice;

/// What memories compute with: the search, and everything that touches rows of tables.
///
/// [KernelEngine] runs our own kernels on float32 (and tables of bfloat16) on the CPU;
/// [TorchEngine] consists of libtorch's operations, for every type and device, and is what the
/// other is compared with. Neither knows of autograd: all tensors given and returned are without
/// history.
public sealed interface MemoryEngine permits KernelEngine, TorchEngine {
  /// The engine of this process, see [KernelChoice].
  static MemoryEngine chosen() {
    KernelChoice choice = KernelChoice.get();
    return choice.torch() ? new TorchEngine() : new KernelEngine(choice.kernels());
  }

  /// The name in reports, such as `vector`.
  String name();

  /// The engine for a table or keys of that type and device: this one, or [TorchEngine] for what
  /// this one does not do.
  default MemoryEngine fitting(Tensor tensor) {
    torch.ScalarType type = tensor.scalar_type().intern();
    boolean kernels = type == torch.ScalarType.Float || type == torch.ScalarType.BFloat16;
    return kernels && tensor.is_cpu() ? this : new TorchEngine();
  }

  /// The slots of highest score, each head's by falling score, of equals the lower slot first.
  ///
  /// @param slots `[tokens, heads, k]` int32
  /// @param scores `[tokens, heads, k]` float32, or float64 where the keys are
  record Selection(Tensor slots, Tensor scores) {}

  /// The `k` best pairs of half-keys.
  ///
  /// @param halfScores `[heads, 2, tokens, keysPerSide]`
  Selection productKeys(Tensor halfScores, int k);

  /// The `k` best keys.
  ///
  /// @param scores `[heads, tokens, slots]`
  Selection flatKeys(Tensor scores, int k);

  /// Gradients of queries and keys.
  record KeyGradients(Tensor queries, Tensor keys) {}

  /// From the gradients of selected scores to those of queries and keys, through the few products
  /// that were selected.
  ///
  /// @param slots `[tokens, heads, k]` int32
  /// @param scores `[tokens, heads, k]` gradients
  /// @param queries `[tokens, heads * queryDim]`
  /// @param keys `[heads, sides, keys, queryDim / sides]`, with one or two sides
  KeyGradients keyGradients(Tensor slots, Tensor scores, Tensor queries, Tensor keys);

  /// Weighted sums of rows `[tokens, dim]`.
  ///
  /// @param slots `[tokens, reads]` int32
  /// @param weights `[tokens, reads]`
  Tensor read(Tensor values, Tensor slots, Tensor weights);

  /// Products of rows with each token's vector, `[tokens, reads]`.
  ///
  /// @param slots `[tokens, reads]` int32
  /// @param vectors `[tokens, dim]`
  Tensor dot(Tensor values, Tensor slots, Tensor vectors);

  /// The gradient with the reads of a row together, as this engine's updates take it. Valid as long
  /// as the chunks of the gradient are.
  default Grouped group(TableGradient gradient) {
    return group(gradient, null);
  }

  /// The same, of which an update also tells what the weights' gradients need.
  ///
  /// @param products `[reads]` of all chunks one after another, contiguous, for the products of
  ///   each read's row, as it was before the update, with its vector; null if nobody wants them
  Grouped group(TableGradient gradient, @Nullable Tensor products);

  /// A gradient grouped by row.
  sealed interface Grouped permits KernelEngine.GroupedRows, TorchEngine.SummedRows {
    /// The rows with a gradient, rising.
    int[] rows();

    /// The norm of the gradient: of the sums of the rows.
    double norm();

    /// Adds the gradient to a dense one `[slots, dim]`.
    void addTo(Tensor dense);
  }

  /// A step of Adam for the rows in `gradient`, all others bit for bit as they were.
  ///
  /// @param values `[slots, dim]`, as are both moments
  void adam(Tensor values, Tensor first, Tensor second, Grouped gradient, AdamStep step);

  /// `values -= rate * gradient` for the rows in `gradient`.
  ///
  /// @param seed of stochastic rounding
  void descend(Tensor values, Grouped gradient, float rate, long seed);
}
