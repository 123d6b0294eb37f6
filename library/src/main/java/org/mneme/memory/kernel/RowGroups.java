package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/// The gradient of a table in factored form, grouped by row: the gradient of row `rows[g]` is the
/// sum of `weights[i]` times the float32 vector at address `vectors[i]`, `i` from `starts[g]` to
/// `starts[g + 1]` (exclusive).
///
/// An update may also tell what the weights' gradients need: the products of each read's row, as it
/// was before, with its vector.
///
/// @param rows `[groups]` rising
/// @param starts `[groups + 1]`
/// @param weights `[reads]`
/// @param vectors `[reads]`
/// @param reads `[reads]` which read each is, in the order in which they came
/// @param products address of float32 `[reads]`, in the order in which they came; 0 if nobody wants
///   them
// arrays on purpose: this is the input of inner loops
@SuppressWarnings("ArrayRecordComponent")
public record RowGroups(
    int[] rows, int[] starts, float[] weights, long[] vectors, int[] reads, long products) {
  /// Rows that have a gradient.
  public int count() {
    return rows.length;
  }

  /// Whether an update is to tell products.
  boolean wantsProducts() {
    return products != 0;
  }

  /// Sets the product of the `i`-th read, in the order by rows.
  void product(int i, float product) {
    NativeMemory.ALL.set(JAVA_FLOAT, products + (long) reads[i] * Float.BYTES, product);
  }
}
