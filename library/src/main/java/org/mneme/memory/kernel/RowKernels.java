package org.mneme.memory.kernel;

/// The inner loops over rows of a value table: reading, and the gradient.
///
/// Two implementations: one with the Vector API, one in plain Java. Both compute in float32. Work
/// is given as a range of tokens or groups, so that several threads can share it; what a range
/// computes does not depend on other ranges. Implementations hold no state.
public sealed interface RowKernels permits PlainRowKernels, VectorRowKernels {
  /// `output[t] = sum over r of weights[t, r] * row(t, r)`, for tokens from `from` to `to`.
  ///
  /// @param weights address of float32 `[tokens, perToken]`
  /// @param output address of float32 `[tokens, dim]`
  void read(Rows table, Reads reads, long weights, long output, int from, int to);

  /// `output[t, r] = <row(t, r), vectors[t]>`, for tokens from `from` to `to`.
  ///
  /// @param vectors address of float32 `[tokens, dim]`
  /// @param output address of float32 `[tokens, perToken]`
  void dot(Rows table, Reads reads, long vectors, long output, int from, int to);

  /// The sum of the squares of the gradients of groups from `from` to `to`.
  double squaredNorm(RowGroups groups, int dim, int from, int to);

  /// A step of Adam for the rows of groups from `from` to `to`, and their products if wanted; other
  /// rows stay bit for bit.
  ///
  /// @param first first moments, rows as in `values`
  /// @param second second moments
  void adam(
      Rows values, Rows first, Rows second, RowGroups groups, AdamStep step, int from, int to);

  /// `row -= rate * gradient` for the rows of groups from `from` to `to`, and their products if
  /// wanted.
  ///
  /// @param seed of the stochastic rounding of bfloat16 numbers
  void descend(Rows values, RowGroups groups, float rate, long seed, int from, int to);

  /// Gradients of one head's half-keys on one side, and of the queries that met them.
  void keyGradient(KeyGradient task);

  /// Reads `bytes` at `address` once, as fast as it can: what the bandwidth is measured by.
  float stream(long address, long bytes);
}
