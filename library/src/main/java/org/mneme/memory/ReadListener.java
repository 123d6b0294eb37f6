package org.mneme.memory;

import java.lang.foreign.MemorySegment;

/// Is told what a memory layer reads, one forward pass after the other.
@FunctionalInterface
public interface ReadListener {
  /// Called by the thread that reads; the memory is valid during the call.
  ///
  /// @param slots `[tokens, heads, slotsPerHead]` int32
  /// @param weights `[tokens, heads, slotsPerHead]` float32
  void read(MemorySegment slots, MemorySegment weights, int tokens);
}
