package org.mneme.run.estimate;

import java.util.Locale;

/// Something that takes memory, and how much.
public record MemoryPart(Name name, long bytes) {
  /// What takes memory.
  public enum Name {
    /// The JVM, its heap, and libtorch's libraries.
    RUNTIME,
    /// All weights but tables.
    WEIGHTS,
    /// Rows of memories.
    TABLES,
    /// Gradients of the dense weights that are trained; twice where those of batches are added up.
    GRADIENTS,
    /// Two moments of each of those.
    DENSE_MOMENTS,
    /// Two moments of each number of the tables.
    ROW_MOMENTS,
    /// Their exponential average.
    AVERAGE,
    /// Counts of the reads of slots.
    USAGE,
    /// What blocks keep for the backward pass.
    ACTIVATIONS,
    /// Scores of words at the targets, and their gradients.
    LOGITS,
    /// What an evaluation takes beyond what a step does.
    EVALUATION,
    /// What the C library keeps between blocks that are in use.
    ALLOCATOR;

    /// The name in JSON and tables, such as `dense moments`.
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }
}
