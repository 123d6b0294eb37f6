package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A layer that looks at each token by itself and stands beside or in the place of a block's
/// feed-forward.
///
/// Its parameters belong to the [Parameters] it was made with, and have to be open while it is
/// used. Not thread-safe.
public sealed interface MemoryLayer permits SparseMemory, DenseFeedForward {
  /// What the layer was made from.
  MemoryConfig config();

  /// The value tables it reads, by the names of their parameters. A table that layers share has the
  /// name that the first of them gave it.
  Map<String, ValueTable> tables();

  /// The layer's output `[tokens, dim]`, in the enclosing scope.
  ///
  /// @param x `[tokens, dim]`, real tokens only: padding is left out by the caller
  /// @param training whether to drop out, and to normalise by the statistics of these tokens
  Tensor forward(Tensor x, boolean training);

  /// The layer's output `[batch, time, dim]` with zeros at padding, in the enclosing scope. What
  /// padding holds changes neither outputs, statistics nor gradients.
  ///
  /// @param x `[batch, time, dim]`
  /// @param mask `[batch, time]` of any type, zero at padding
  default Tensor forward(Tensor x, Tensor mask, boolean training) {
    long batch = x.size(0);
    long time = x.size(1);
    long dim = config().dim();
    Shapes.require(x, "x", Shapes.ANY, Shapes.ANY, dim);
    Shapes.require(mask, "mask", batch, time);
    try (var scope = new TensorScope()) {
      Tensor real = mask.reshape(batch * time).nonzero().view(-1); // [tokens]
      Tensor tokens = x.reshape(batch * time, dim).index_select(0, real); // [tokens, dim]
      Tensor output = forward(tokens, training);
      Tensor padded = Tensors.zeros(output.scalar_type(), batch * time, dim);
      return scope.keep(padded.index_copy(0, real, output).view(batch, time, dim));
    }
  }

  /// sum + the layer's output, both `[tokens, dim]`, at the positions `readers` or at all.
  ///
  /// @param x `[tokens, dim]`
  /// @param readers `[readers]` int64, null for all
  default Tensor addTo(Tensor sum, Tensor x, @Nullable Tensor readers, boolean training) {
    if (readers == null) {
      return sum.add(forward(Precision.widened(x), training));
    }
    Tensor read = forward(Precision.widened(x.index_select(0, readers)), training);
    return Precision.widened(sum).index_add(0, readers, read);
  }

  /// A new float32 layer with tables of its own, whose parameters it adds to `parameters`.
  ///
  /// @param prefix start of the parameters' names, such as `encoder.layer.4.memory.`
  /// @param seed where initial weights come from: the same seed and prefix give the same bits,
  ///   another prefix gives others. libtorch's generator is reseeded.
  static MemoryLayer create(MemoryConfig config, Parameters parameters, String prefix, long seed) {
    return create(config, parameters, prefix, seed, new SharedTables());
  }

  /// The same for one of several layers of a model, to all of which `shared` is handed.
  static MemoryLayer create(
      MemoryConfig config, Parameters parameters, String prefix, long seed, SharedTables shared) {
    MemoryEngine engine = MemoryEngine.chosen();
    return create(
        config,
        new InitialWeights(parameters, prefix, seed, torch.ScalarType.Float, engine),
        shared);
  }

  /// A new layer of a floating type with tables of its own: the float32 initial weights, converted.
  static MemoryLayer create(
      MemoryConfig config, Parameters parameters, String prefix, long seed, torch.ScalarType type) {
    return create(config, parameters, prefix, seed, type, MemoryEngine.chosen());
  }

  /// A new layer with tables of its own that computes with that engine.
  static MemoryLayer create(
      MemoryConfig config,
      Parameters parameters,
      String prefix,
      long seed,
      torch.ScalarType type,
      MemoryEngine engine) {
    return create(
        config, new InitialWeights(parameters, prefix, seed, type, engine), new SharedTables());
  }

  private static MemoryLayer create(
      MemoryConfig config, InitialWeights weights, SharedTables shared) {
    try (var scope = new TensorScope()) {
      return switch (config) {
        case SparseMemoryConfig sparse -> new SparseMemory(sparse, weights, shared);
        case DenseConfig dense -> new DenseFeedForward(dense, weights);
      };
    }
  }
}
