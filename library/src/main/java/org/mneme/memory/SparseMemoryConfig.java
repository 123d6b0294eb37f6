package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

import java.util.function.Consumer;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.memory.Values.Rows;

/// The shape and the options of a memory of which each token reads a few slots: one component for
/// each axis of choice, in the order in which a token meets them.
///
/// @param dim width of what goes in and comes out
/// @param heads queries of each token, each with keys of its own, all reading one table
/// @param slotsPerHead slots that each head reads
/// @param query from tokens to queries
/// @param keys what queries are compared with
/// @param scoreActivation from scores to weights
/// @param values what slots hold
/// @param output from what was read to the output
/// @param dropouts what training drops
/// @param table how slots are kept
public record SparseMemoryConfig(
    int dim,
    int heads,
    int slotsPerHead,
    Query query,
    Keys keys,
    ScoreActivation scoreActivation,
    Values values,
    Output output,
    Dropouts dropouts,
    Table table)
    implements MemoryConfig {

  /// Checks what one axis asks of another.
  public SparseMemoryConfig {
    check(dim > 0, "dim", "dim %d is not positive; take the width of the model", dim);
    check(heads > 0, "heads", "heads %d is not positive; raise memory.heads", heads);
    check(
        slotsPerHead > 0,
        "slotsPerHead",
        "slotsPerHead %d is not positive; raise memory.slotsPerHead",
        slotsPerHead);
    check(
        slotsPerHead <= keys.mostPerHead(),
        "slotsPerHead",
        "slotsPerHead %d exceeds %s %d; lower memory.slotsPerHead",
        slotsPerHead,
        keys instanceof ProductKeys ? "keysPerSide" : "slots",
        keys.mostPerHead());
    check(
        keys instanceof FlatKeys || query.dim() % 2 == 0,
        "queryDim",
        "queryDim %d is not even; a query for product keys has two halves, change memory.queryDim",
        query.dim());
  }

  /// The usual memory for a model of that width: product keys for 65,536 slots, 4 heads of 32
  /// reads, queries of 256 in batch norm, softmax, normal values as wide as the model, no dropout.
  public static SparseMemoryConfig defaults(int dim) {
    return new Draft(dim).finish();
  }

  /// This with some settings changed:
  ///
  /// ```java
  /// SparseMemoryConfig.defaults(384).with(memory -> {
  ///   memory.keys = new ProductKeys(512);
  ///   memory.heads = 2;
  /// });
  /// ```
  ///
  /// They are checked together when all changes are made.
  public SparseMemoryConfig with(Consumer<Draft> changes) {
    Draft draft = new Draft(this);
    changes.accept(draft);
    return draft.finish();
  }

  /// The settings by their names in a file, while they are being chosen.
  public static final class Draft {
    private final int dim;

    /// Queries of each token.
    public int heads = 4;

    /// Slots that each head reads.
    public int slotsPerHead = 32;

    /// Width of a head's query.
    public int queryDim = 256;

    /// Layers of the query network, 1 or 2.
    public int queryLayers = 1;

    /// Normalisation of queries.
    public QueryNorm queryNorm = QueryNorm.BATCH;

    /// Normalisation of keys.
    public KeyNorm keyNorm = KeyNorm.NONE;

    /// What queries are compared with.
    public Keys keys = new ProductKeys(ProductKeys.USUAL);

    /// From scores to weights.
    public ScoreActivation scoreActivation = new Softmax();

    /// What slots hold.
    public Values values = new Rows(ValueInit.NORMAL);

    /// From what was read to the output.
    public Output output = new Direct();

    /// Share of the input that training drops.
    public double inputDropout;

    /// Share of the queries that training drops.
    public double queryDropout;

    /// Share of the output that training drops.
    public double valueDropout;

    /// What a number of a row is stored as.
    public Table.Type tableType = Table.Type.FLOAT32;

    /// Name of a table that several layers have in common, empty for one of its own.
    public String sharedTable = "";

    private Draft(int dim) {
      this.dim = dim;
    }

    private Draft(SparseMemoryConfig config) {
      dim = config.dim;
      heads = config.heads;
      slotsPerHead = config.slotsPerHead;
      queryDim = config.query.dim();
      queryLayers = config.query.layers();
      queryNorm = config.query.norm();
      keyNorm = config.query.keyNorm();
      keys = config.keys;
      scoreActivation = config.scoreActivation;
      values = config.values;
      output = config.output;
      inputDropout = config.dropouts.input();
      queryDropout = config.dropouts.query();
      valueDropout = config.dropouts.value();
      tableType = config.table.type();
      sharedTable = config.table.shared();
    }

    private SparseMemoryConfig finish() {
      return new SparseMemoryConfig(
          dim,
          heads,
          slotsPerHead,
          new Query(queryDim, queryLayers, queryNorm, keyNorm),
          keys,
          scoreActivation,
          values,
          output,
          new Dropouts(inputDropout, queryDropout, valueDropout),
          new Table(tableType, sharedTable));
    }
  }

  @Override
  public String type() {
    return MemoryType.of(this).label();
  }

  /// Rows of the table.
  public int slots() {
    return keys.slots();
  }

  /// Width of what a slot gives.
  public int valueDim() {
    return output.valueDim(dim);
  }

  /// Numbers of a token's queries, all heads together.
  public int queryChannels() {
    return heads * query.dim();
  }

  /// Width of one key: half a query for product keys.
  public int keyDim() {
    return switch (keys) {
      case ProductKeys(int _) -> query.dim() / 2;
      case FlatKeys(int _) -> query.dim();
    };
  }

  /// Slots that one token reads, with repetition between heads.
  public int readsPerToken() {
    return heads * slotsPerHead;
  }

  /// Multiply-adds of one token, see [Cost].
  public long multiplyAdds() {
    return Cost.multiplyAdds(this);
  }
}
