package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.KeySearch.Found;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A table of many slots of which each head of each token reads the `slotsPerHead` best, found
/// exactly. All sparse memories are this one layer ([MemoryType] names the published ones).
///
/// Its parameters are those of its parts, in this order: [QueryNetwork], [SlotFinder],
/// [SlotTables], [ScoreWeights], [OutputStage].
public final class SparseMemory implements MemoryLayer {
  private final SparseMemoryConfig config;
  private final QueryNetwork query;
  private final SlotFinder finder;
  private final SlotTables slotTables;
  private final ScoreWeights scoreWeights;
  private final OutputStage outputStage;
  private final Usage usage;

  SparseMemory(SparseMemoryConfig config, InitialWeights weights, SharedTables shared) {
    this.config = config;
    query = new QueryNetwork(config, weights);
    finder = new SlotFinder(config, weights);
    slotTables = SlotTables.create(config, weights, shared);
    scoreWeights = ScoreWeights.create(config, weights);
    outputStage = OutputStage.create(config, weights);
    usage = new Usage(config.slots(), config.heads(), config.slotsPerHead());
  }

  /// What a forward pass read.
  ///
  /// @param output `[tokens, dim]`
  /// @param slots `[tokens, heads, slotsPerHead]` int32, each head's by falling score, of equals
  ///   the lower slot first
  /// @param scores `[tokens, heads, slotsPerHead]`, before any scale
  /// @param weights `[tokens, heads, slotsPerHead]` float32 (float64 in a float64 layer)
  public record Read(Tensor output, Tensor slots, Tensor scores, Tensor weights) {}

  @Override
  public SparseMemoryConfig config() {
    return config;
  }

  @Override
  public Map<String, ValueTable> tables() {
    return slotTables.tables();
  }

  /// Draws the query network anew so that the queries of tokens like these are centred,
  /// uncorrelated and of one variance, as if each number of `x` told as much as any other: what has
  /// much in common is told apart, and reads other slots. Before training; only of one layer.
  ///
  /// @param x `[tokens, dim]`, what the memory is going to read at, many more tokens than `dim`
  /// @param seed the same draws the same
  public void whitenQueries(Tensor x, long seed) {
    Shapes.require(x, "x", Shapes.ANY, config.dim());
    query.whiten(x, seed);
  }

  /// What this layer counts of its reads.
  public Usage usage() {
    return usage;
  }

  @Override
  public Tensor forward(Tensor x, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(read(x, training).output());
    }
  }

  /// The output of [#forward(Tensor, boolean)] and what it was made of, in the enclosing scope.
  ///
  /// @param x `[tokens, dim]`, real tokens only
  public Read read(Tensor x, boolean training) {
    Shapes.require(x, "x", Shapes.ANY, config.dim());
    try (var scope = new TensorScope()) {
      Read read = x.size(0) == 0 ? readNothing(x) : readTokens(x, training);
      return new Read(
          scope.keep(read.output),
          scope.keep(read.slots),
          scope.keep(read.scores),
          scope.keep(read.weights));
    }
  }

  private Read readTokens(Tensor x, boolean training) {
    Dropouts dropouts = config.dropouts();
    Tensor input = Dropout.apply(x, dropouts.input(), training);
    Tensor queries = query.forward(input, training); // [tokens, heads * queryDim]
    queries = Dropout.apply(queries, dropouts.query(), training);

    Found found = finder.find(queries); // [tokens, heads, slotsPerHead]
    Tensor weights = scoreWeights.apply(found.scores());
    usage.count(
        Tensors.memory(found.slots()),
        Tensors.memory(weights.detach().to(torch.ScalarType.Float).contiguous()),
        Math.toIntExact(x.size(0)));

    Tensor read = slotTables.read(input, perToken(found.slots()), perToken(weights));
    Tensor output = // [tokens, valueDim] -> [tokens, dim]
        outputStage.apply(read.to(x.scalar_type()), input);
    output = Dropout.apply(output, dropouts.value(), training);
    return new Read(output, found.slots(), found.scores(), weights);
  }

  /// `[tokens, heads, slotsPerHead]` -> `[tokens, heads * slotsPerHead]`
  private Tensor perToken(Tensor reads) {
    return reads.reshape(reads.size(0), config.readsPerToken());
  }

  private Read readNothing(Tensor x) {
    torch.ScalarType type = x.scalar_type();
    Tensor reads = Tensors.empty(type, 0, config.heads(), config.slotsPerHead());
    return new Read(
        Tensors.empty(type, 0, config.dim()),
        reads.to(torch.ScalarType.Int),
        reads,
        scoreWeights.apply(reads).detach());
  }
}
