package org.mneme.memory;

import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;

/// What a memory computes for one token, in multiply-adds. Norms and activations count nothing.
final class Cost {
  private Cost() {}

  /// Everything: the queries, the search, the rows, the output stage.
  static long multiplyAdds(SparseMemoryConfig config) {
    return queries(config) + search(config) + rows(config) + output(config);
  }

  private static long queries(SparseMemoryConfig config) {
    long dim = config.dim();
    long hidden = config.query().layers() == 2 ? dim * dim : 0;
    return hidden + dim * config.queryChannels();
  }

  /// The scores of the keys and, for product keys, the sums of two half-scores that can win.
  private static long search(SparseMemoryConfig config) {
    long queryDim = config.query().dim();
    long head =
        switch (config.keys()) {
          case ProductKeys(int keysPerSide) ->
              keysPerSide * queryDim + ProductKeys.candidates(config.slotsPerHead());
          case FlatKeys(int slots) -> slots * queryDim;
        };
    return config.heads() * head;
  }

  private static long rows(SparseMemoryConfig config) {
    long width =
        switch (config.values()) {
          case Rows(ValueInit _) -> config.valueDim();
          case Experts(ValueInit _) -> config.dim() + config.valueDim();
        };
    return config.readsPerToken() * width;
  }

  private static long output(SparseMemoryConfig config) {
    long dim = config.dim();
    return switch (config.output()) {
      case Direct() -> 0;
      case Projected(int valueDim) -> dim * valueDim;
      case SiluGate(int valueDim) -> 2 * dim * valueDim;
      case ScalarGate() -> dim;
    };
  }
}
