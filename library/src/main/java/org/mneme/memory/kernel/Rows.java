package org.mneme.memory.kernel;

/// A table in native memory, row after row.
///
/// @param address of the first row
/// @param dim numbers of a row
/// @param type of a number
public record Rows(long address, int dim, Type type) {
  /// How a number is stored.
  public enum Type {
    /// IEEE single precision.
    FLOAT32(Float.BYTES),
    /// The upper half of a float32.
    BFLOAT16(Short.BYTES);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /// Bytes of a number.
    public int bytes() {
      return bytes;
    }
  }

  /// Whether numbers are of bfloat16.
  boolean isBrain() {
    return type == Type.BFLOAT16;
  }

  /// The address of a row.
  public long row(int index) {
    return address + (long) index * dim * type.bytes();
  }
}
