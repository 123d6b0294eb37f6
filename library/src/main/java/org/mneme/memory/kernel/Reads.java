package org.mneme.memory.kernel;

import java.lang.foreign.ValueLayout;

/// The rows that tokens read, in native memory.
///
/// @param slots address of int32 `[tokens, perToken]`, each a row of the table
/// @param perToken reads of a token
public record Reads(long slots, int perToken) {
  /// The row of a read.
  int slot(long read) {
    return NativeMemory.ALL.get(ValueLayout.JAVA_INT, slots + read * Integer.BYTES);
  }
}
