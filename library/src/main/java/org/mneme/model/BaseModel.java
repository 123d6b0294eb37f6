package org.mneme.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.memory.DenseFeedForward;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.ValueTable;

/// A model without its head: embeddings and blocks, some of which have a memory.
///
/// Its tensors belong to the [org.mneme.tensor.Parameters] it was created in. Calls allocate in the
/// caller's scope. One thread at a time.
public sealed interface BaseModel permits BertEncoder, CausalTransformer, TransformerXl {
  /// The sizes and settings.
  ArchitectureConfig config();

  /// The memories by the index of their block, in order.
  Map<Integer, MemoryLayer> memories();

  /// What the names of a block's tensors begin with, such as `bert.encoder.layer.3.`.
  String blockPrefix(int block);

  /// Whether blocks without a memory run again in the backward pass instead of keeping what it
  /// needs (see [org.mneme.tensor.Recomputed]): less memory, more time, the same gradients.
  void recompute(boolean recomputes);

  /// Draws, for every block, whose keys and values its heads attend with in training until the next
  /// call (see [ArchitectureConfig#crossHead()]); before the first call each head has its own. All
  /// that belongs to a step, its backward pass included, comes between two calls.
  ///
  /// @param seed the same gives the same
  void beginStep(long seed);

  /// From now on no block is left out in training (see [SkipRetainConfig]).
  default void runAllBlocks() {}

  /// The last hidden state `[batch, time, dim]`.
  Tensor encode(TokenInput input, boolean training);

  /// The last hidden state at the target positions alone, `[targets, dim]`.
  ///
  /// @param targets `[targets]` int64 positions in the flat list of batch x time tokens
  Tensor encodeTargets(TokenInput input, Tensor targets, boolean training);

  /// The value tables of the memories, by the names of their parameters, each once.
  default Map<String, ValueTable> tables() {
    Map<String, ValueTable> tables = new LinkedHashMap<>();
    memories().values().forEach(memory -> tables.putAll(memory.tables()));
    return tables;
  }

  /// The sparse memories by the index of their block, in order.
  default Map<Integer, SparseMemory> sparseMemories() {
    Map<Integer, SparseMemory> sparse = new LinkedHashMap<>();
    memories()
        .forEach((block, layer) -> {
          switch (layer) {
            case SparseMemory memory -> sparse.put(block, memory);
            case DenseFeedForward dense -> {}
          }
        });
    return sparse;
  }

  /// The sparse memories by what the names of their parameters begin with.
  default Map<String, SparseMemory> sparseMemoriesByName() {
    Map<String, SparseMemory> named = new LinkedHashMap<>();
    sparseMemories().forEach((block, memory) -> named.put(blockPrefix(block) + "memory.", memory));
    return named;
  }

  /// Whether a memory normalises its queries over all tokens of a batch.
  default boolean hasBatchNorm() {
    return sparseMemories().values().stream()
        .anyMatch(memory -> memory.config().query().norm() == QueryNorm.BATCH);
  }

  /// Whether the rows of a training batch may be computed apart with the same result: not where
  /// they share a batch norm or dropout's random numbers.
  default boolean divisible() {
    return !config().dropsOut()
        && !hasBatchNorm()
        && sparseMemories().values().stream().noneMatch(memory -> memory.config().dropouts().any());
  }
}
