package org.mneme.memory.kernel;

/// Rows of a table as float32: in place, or expanded to a buffer and back.
///
/// @param table the rows
/// @param kind what the numbers are
/// @param buffer address of `dim` float32 numbers
record RowBuffer(Rows table, BrainFloat.Kind kind, long buffer) {
  /// The address of a row as float32.
  long load(int row) {
    if (table.type() == Rows.Type.FLOAT32) {
      return table.row(row);
    }
    VectorNumbers.widen(table.row(row), table.type(), buffer, table.dim(), 1);
    return buffer;
  }

  /// Writes the row that was loaded last back to where it came from.
  void store(int row, long seed) {
    if (table.type() == Rows.Type.BFLOAT16) {
      VectorBrainUpdates.round(
          buffer, table.row(row), table.dim(), BrainFloat.rowSeed(seed, row), kind);
    }
  }
}
