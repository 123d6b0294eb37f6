package org.mneme.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.MemoryLayer;
import org.mneme.tensor.Randomness;

/// The blocks of a model, in order.
final class Blocks<B extends Blocks.Block> {
  private final List<B> blocks = new ArrayList<>();

  /// What every block of a model has.
  interface Block {
    /// Its memory, null for none.
    @Nullable MemoryLayer memory();

    /// See [BaseModel#beginStep].
    void beginStep(long seed);
  }

  void add(B block) {
    blocks.add(block);
  }

  B get(int index) {
    return blocks.get(index);
  }

  B getLast() {
    return blocks.getLast();
  }

  int size() {
    return blocks.size();
  }

  /// All but the last.
  List<B> beforeLast() {
    return blocks.subList(0, blocks.size() - 1);
  }

  /// See [BaseModel#memories].
  Map<Integer, MemoryLayer> memories() {
    Map<Integer, MemoryLayer> memories = new LinkedHashMap<>();
    for (int i = 0; i < blocks.size(); i++) {
      MemoryLayer memory = blocks.get(i).memory();
      if (memory != null) {
        memories.put(i, memory);
      }
    }
    return memories;
  }

  /// See [BaseModel#beginStep].
  void beginStep(long seed) {
    for (int i = 0; i < blocks.size(); i++) {
      blocks.get(i).beginStep(Randomness.derive(seed, i));
    }
  }
}
