package org.mneme.memory.kernel;

import java.util.function.Supplier;

/// The inner loops that a memory runs on, and the optimiser.
///
/// @param name `vector` or `plain`
/// @param rows reading, gradients and updates
/// @param search makes a search, for one thread
/// @param adam updates of dense parameters
public record Kernels(String name, RowKernels rows, Supplier<SlotSearch> search, DenseAdam adam) {
  /// With the Vector API.
  public static Kernels vector() {
    return new Kernels(
        "vector", new VectorRowKernels(), VectorSlotSearch::new, new VectorDenseAdam());
  }

  /// In plain Java.
  public static Kernels plain() {
    return new Kernels("plain", new PlainRowKernels(), PlainSlotSearch::new, new PlainDenseAdam());
  }
}
