package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

/// The control of an experiment with a memory: a dense feed-forward, linear-GELU-linear, which
/// costs the same.
///
/// @param dim width of what goes in and comes out
/// @param hidden width between the two linear maps
public record DenseConfig(int dim, int hidden) implements MemoryConfig {
  static final String TYPE = "dense";

  /// Checks the components.
  public DenseConfig {
    check(dim > 0, "dim", "dim %d is not positive; take the width of the model", dim);
    check(hidden > 0, "hidden", "hidden %d is not positive; raise memory.hidden", hidden);
  }

  /// The control of as many multiply-adds a token as [SparseMemoryConfig#multiplyAdds()] counts: `2
  /// * dim * hidden` of them, `hidden` rounded to the nearest, at least 1.
  public static DenseConfig ofSameCompute(SparseMemoryConfig memory) {
    long hidden = Math.round(memory.multiplyAdds() / (2.0 * memory.dim()));
    return new DenseConfig(memory.dim(), Math.toIntExact(Math.max(1, hidden)));
  }

  @Override
  public String type() {
    return TYPE;
  }

  /// Multiply-adds of one token.
  public long multiplyAdds() {
    return 2L * dim * hidden;
  }
}
