package org.mneme.memory;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.ScoreActivation.Relu;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.SparseMemoryConfig.Draft;
import org.mneme.memory.Values.Experts;

/// Every axis of a sparse memory at each of its choices, and some of their combinations.
final class MemoryVariants {
  private static final Map<String, Consumer<Draft>> CHANGES = new LinkedHashMap<>();

  static {
    for (QueryNorm norm : QueryNorm.values()) {
      CHANGES.put("query norm " + norm, memory -> memory.queryNorm = norm);
    }
    CHANGES.put("one head", memory -> memory.heads = 1);
    CHANGES.put("one slot", memory -> memory.slotsPerHead = 1);
    CHANGES.put("as many slots as half-keys", memory -> memory.keys = new ProductKeys(3));
    CHANGES.put("two query layers", memory -> memory.queryLayers = 2);
    CHANGES.put("key norm", memory -> memory.keyNorm = KeyNorm.L2);
    CHANGES.put(
        "cosines",
        memory -> {
          memory.queryNorm = QueryNorm.L2;
          memory.keyNorm = KeyNorm.L2;
          memory.scoreActivation = new ScaledSoftmax(4);
        });
    CHANGES.put(
        "flat keys of odd width",
        memory -> {
          memory.keys = new FlatKeys(13);
          memory.queryDim = 5;
        });
    CHANGES.put(
        "cosines of flat keys",
        memory -> {
          memory.keys = new FlatKeys(7);
          memory.queryNorm = QueryNorm.L2;
          memory.keyNorm = KeyNorm.L2;
        });
    CHANGES.put("scaled softmax", memory -> memory.scoreActivation = new ScaledSoftmax(2.5));
    CHANGES.put("relu", memory -> memory.scoreActivation = new Relu());
    CHANGES.put("projected", memory -> memory.output = new Projected(7));
    CHANGES.put("silu gate", memory -> memory.output = new SiluGate(3));
    CHANGES.put("scalar gate", memory -> memory.output = new ScalarGate());
    CHANGES.put("experts", memory -> memory.values = new Experts(ValueInit.NORMAL));
    CHANGES.put(
        "experts, flat, relu, projected",
        memory -> {
          memory.keys = new FlatKeys(11);
          memory.scoreActivation = new Relu();
          memory.values = new Experts(ValueInit.NORMAL);
          memory.output = new Projected(3);
        });
  }

  private MemoryVariants() {}

  /// Small memories for a model of width `dim`: 2 heads of 3 reads, queries of 6, 16 slots or so.
  static Stream<Named<SparseMemoryConfig>> all(int dim) {
    SparseMemoryConfig usual = small(SparseMemoryConfig.defaults(dim));
    return Stream.concat(
        Stream.of(MemoryType.values())
            .map(type -> Named.of(type.label(), small(type.defaults(dim)))),
        CHANGES.entrySet().stream()
            .map(change -> Named.of(change.getKey(), usual.with(change.getValue()))));
  }

  private static SparseMemoryConfig small(SparseMemoryConfig config) {
    return config.with(memory -> {
      memory.heads = 2;
      memory.slotsPerHead = 3;
      memory.queryDim = 6;
      memory.keys = memory.keys instanceof ProductKeys ? new ProductKeys(4) : new FlatKeys(16);
    });
  }
}
