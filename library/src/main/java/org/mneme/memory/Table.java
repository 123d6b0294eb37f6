package org.mneme.memory;

/// How the rows of a memory are kept.
///
/// @param type their numbers
/// @param shared the name of a table that all layers with this name have in common, each with keys
///   and queries of its own; empty for a table that is this layer's alone
public record Table(Type type, String shared) {
  /// What a number of a row is stored as. Sums are computed in float32 in any case.
  public enum Type {
    /// 32 bits.
    FLOAT32(4),
    /// The upper 16 of them: half the memory, two to three digits.
    BFLOAT16(2);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /// Bytes of a number.
    public int bytes() {
      return bytes;
    }
  }

  /// Whether other layers may have the same table.
  public boolean isShared() {
    return !shared.isEmpty();
  }
}
