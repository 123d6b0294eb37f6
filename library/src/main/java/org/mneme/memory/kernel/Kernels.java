package org.mneme.memory.kernel;

import java.util.function.Supplier;

/// The inner loops that a memory runs on.
///
/// @param name `vector` or `plain`
/// @param rows reading, gradients and updates
/// @param search makes a search, for one thread
public record Kernels(String name, RowKernels rows, Supplier<SlotSearch> search) {
  /// With the Vector API.
  public static Kernels vector() {
    return new Kernels("vector", new VectorRowKernels(), VectorSlotSearch::new);
  }

  /// In plain Java.
  public static Kernels plain() {
    return new Kernels("plain", new PlainRowKernels(), PlainSlotSearch::new);
  }
}
