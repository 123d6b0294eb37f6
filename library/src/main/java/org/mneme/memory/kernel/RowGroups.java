package org.mneme.memory.kernel;

/// The gradient of a table in factored form, grouped by row: the gradient of row `rows[g]` is the
/// sum of `weights[i]` times the float32 vector at address `vectors[i]`, `i` from `starts[g]` to
/// `starts[g + 1]` (exclusive).
///
/// @param rows `[groups]` rising
/// @param starts `[groups + 1]`
/// @param weights `[reads]`
/// @param vectors `[reads]`
// arrays on purpose: this is the input of inner loops
@SuppressWarnings("ArrayRecordComponent")
public record RowGroups(int[] rows, int[] starts, float[] weights, long[] vectors) {
  /// Rows that have a gradient.
  public int count() {
    return rows.length;
  }
}
