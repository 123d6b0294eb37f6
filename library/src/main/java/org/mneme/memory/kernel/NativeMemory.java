package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;

/// Native memory by its address. Whoever calls a kernel answers for the addresses it passes.
final class NativeMemory {
  /// Everything: an offset into it is an address.
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private NativeMemory() {}
}
