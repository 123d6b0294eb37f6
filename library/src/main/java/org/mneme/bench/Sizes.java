package org.mneme.bench;

/// How large a measured memory is. The rest is the same everywhere: 4 heads of 32 reads, queries of
/// 512.
///
/// @param keysPerSide root of the number of slots
/// @param valueDim width of the table
/// @param dim width of the layer
/// @param tokens of a batch
public record Sizes(int keysPerSide, int valueDim, int dim, int tokens) {
  /// Tokens of a batch wherever times count.
  private static final int TOKENS = 2048;

  /// Queries of a token.
  public static final int HEADS = 4;

  /// Reads of a query.
  public static final int SLOTS_PER_HEAD = 32;

  /// Reads of a token.
  public static final int READS = HEADS * SLOTS_PER_HEAD;

  /// Width of a query.
  public static final int QUERY_DIM = 512;

  /// A memory as wide as its layer, which 2,048 tokens read.
  public Sizes(int keysPerSide, int valueDim) {
    this(keysPerSide, valueDim, valueDim);
  }

  /// A memory that 2,048 tokens read.
  public Sizes(int keysPerSide, int valueDim, int dim) {
    this(keysPerSide, valueDim, dim, TOKENS);
  }

  /// Rows of the table.
  public int slots() {
    return keysPerSide * keysPerSide;
  }

  /// Numbers in the table.
  public long numbers() {
    return (long) slots() * valueDim;
  }

  @Override
  public String toString() {
    String table = "%,d x %d".formatted(slots(), valueDim);
    return dim == valueDim ? table : table + " in " + dim;
  }
}
