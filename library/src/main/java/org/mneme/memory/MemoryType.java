package org.mneme.memory;

import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.Values.Experts;

/// The known kinds of sparse memory: names for sets of defaults, of which each can be changed.
public enum MemoryType {
  /// Product keys, batch norm on the query, rows that are added up (Lample et al. 2019, arXiv
  /// 1907.05242).
  PRODUCT_KEY("product-key"),
  /// The same with a whole key for each of 4,096 slots, all of them compared: the baseline.
  FLAT_KEY("flat-key"),
  /// Memory+ (Berges et al. 2024, arXiv 2412.09764): product keys, a silu gate and a projection,
  /// one table for all layers; queries in layer norm meet half-keys of length 1, which small models
  /// need.
  MEMORY_PLUS("memory-plus"),
  /// Slots that are experts of one hidden unit (He 2024, arXiv 2407.04153).
  PEER("peer");

  private final String label;

  MemoryType(String label) {
    this.label = label;
  }

  /// Its name in files and on the command line.
  public String label() {
    return label;
  }

  /// Its defaults in a model of width `dim`.
  public SparseMemoryConfig defaults(int dim) {
    SparseMemoryConfig usual = SparseMemoryConfig.defaults(dim);
    return switch (this) {
      case PRODUCT_KEY -> usual;
      case FLAT_KEY -> usual.with(memory -> memory.keys = new FlatKeys(FlatKeys.USUAL));
      case MEMORY_PLUS ->
          usual.with(memory -> {
            memory.output = new SiluGate(dim);
            memory.queryNorm = QueryNorm.LAYER;
            memory.keyNorm = KeyNorm.L2;
            memory.sharedTable = "memory";
          });
      case PEER -> usual.with(memory -> memory.values = new Experts(ValueInit.NORMAL));
    };
  }

  /// The kind that a configuration is nearest to: what its file calls it.
  static MemoryType of(SparseMemoryConfig config) {
    return switch (config.values()) {
      case Experts(ValueInit _) -> PEER;
      case Values.Rows(ValueInit _) when config.output() instanceof SiluGate -> MEMORY_PLUS;
      case Values.Rows(ValueInit _) -> config.keys() instanceof FlatKeys ? FLAT_KEY : PRODUCT_KEY;
    };
  }

  @Override
  public String toString() {
    return label;
  }
}
