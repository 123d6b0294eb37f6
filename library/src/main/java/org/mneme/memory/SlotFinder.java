package org.mneme.memory;

import org.bytedeco.pytorch.Tensor;
import org.mneme.memory.KeySearch.Found;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;

/// The keys of a memory and the search for the slots that they lead a query to.
///
/// Parameter: `keys`, `[heads, 2, keysPerSide, queryDim / 2]` for product keys, `[heads, slots,
/// queryDim]` for flat ones.
final class SlotFinder {
  private final SparseMemoryConfig config;
  private final KeySearch search;
  private final Tensor keys;

  SlotFinder(SparseMemoryConfig config, InitialWeights weights) {
    this.config = config;
    search = new KeySearch(weights.engine());
    double bound = 1 / Math.sqrt(config.keyDim());
    keys =
        switch (config.keys()) {
          case ProductKeys(int perSide) ->
              weights.halfKeys("keys", bound, config.heads(), perSide, config.keyDim());
          case FlatKeys(int slots) ->
              weights.flatKeys("keys", bound, config.heads(), slots, config.keyDim());
        };
  }

  /// The best slots of every token and head for queries `[tokens, heads * queryDim]`.
  Found find(Tensor queries) {
    Tensor met =
        switch (config.query().keyNorm()) {
          case NONE -> keys;
          case L2 -> UnitVectors.of(keys);
        };
    return switch (config.keys()) {
      case ProductKeys(int _) -> search.productKeys(queries, met, config.slotsPerHead());
      case FlatKeys(int _) -> search.flatKeys(queries, met, config.slotsPerHead());
    };
  }
}
