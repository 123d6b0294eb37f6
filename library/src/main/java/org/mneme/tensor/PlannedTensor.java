package org.mneme.tensor;

/// A tensor of a model that need not exist yet.
///
/// @param name as [Parameters] has it
/// @param elements how many numbers it holds
/// @param bytesEach bytes of one of them
/// @param kind what training does with it
public record PlannedTensor(String name, long elements, int bytesEach, Kind kind) {
  /// What training does with a tensor.
  public enum Kind {
    /// Gets a gradient of its own shape.
    PARAMETER,
    /// Gets the gradients of the rows that were read.
    TABLE,
    /// Gets none.
    BUFFER
  }

  /// A parameter of float32.
  public static PlannedTensor parameter(String name, long elements) {
    return new PlannedTensor(name, elements, Float.BYTES, Kind.PARAMETER);
  }

  /// State of float32.
  public static PlannedTensor buffer(String name, long elements) {
    return new PlannedTensor(name, elements, Float.BYTES, Kind.BUFFER);
  }

  /// Bytes that it takes.
  public long bytes() {
    return elements * bytesEach;
  }
}
