package org.mneme.memory;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.ProductKeySearch.Selection;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A table of `keysPerSide` squared rows of which each head of each token reads the `slotsPerHead`
/// best, found exactly (Lample et al. 2019, arXiv 1907.05242).
///
/// Parameters: those of the query (see [QueryNorm]) `query.weight` `[heads * queryDim, dim]`,
/// `query.bias`, `norm.weight`, `norm.bias` `[heads * queryDim]`, `keys` `[heads, 2, keysPerSide,
/// half]`, `values` `[slots, valueDim]`, and `score_scale` `[heads]` for [ScaledSoftmax]. Buffers:
/// `norm.running_mean` and `norm.running_var` `[heads * queryDim]`. The gradient of `values` is a
/// sparse tensor with a row for each read, repetitions included.
public final class ProductKeyMemory implements MemoryLayer {
  private static final long SUM = 0; // embedding_bag's mode

  private final ProductKeyConfig config;
  private final QueryNetwork query;
  private final Tensor keys;
  private final Tensor values;
  private final UnaryOperator<Tensor> scale;
  private final Usage usage;

  ProductKeyMemory(ProductKeyConfig config, InitialWeights weights) {
    this.config = config;
    query = new QueryNetwork(config, weights);
    keys =
        weights.halfKeys(
            "keys",
            1 / Math.sqrt(config.half()),
            config.heads(),
            config.keysPerSide(),
            config.half());
    values =
        switch (config.valueInit()) {
          case NORMAL ->
              weights.normal(
                  "values", 1 / Math.sqrt(config.valueDim()), config.slots(), config.valueDim());
          case ZERO -> weights.constant("values", 0, config.slots(), config.valueDim());
        };
    scale =
        switch (config.scoreActivation()) {
          case Softmax() -> scores -> scores;
          case ScaledSoftmax(double start) -> {
            Tensor scales = weights.constant("score_scale", start, config.heads());
            yield scores -> scores.mul(scales.view(config.heads(), 1));
          }
        };
    usage = new Usage(config.slots(), config.heads(), config.slotsPerHead());
  }

  /// What a forward pass read.
  ///
  /// @param output `[tokens, valueDim]`
  /// @param slots `[tokens, heads, slotsPerHead]` int64, each head's by falling score, of equals
  ///   the lower slot first
  /// @param scores `[tokens, heads, slotsPerHead]` sums of half-scores, before any scale
  /// @param weights `[tokens, heads, slotsPerHead]` float32 (float64 in a float64 layer), of sum 1
  public record Read(Tensor output, Tensor slots, Tensor scores, Tensor weights) {}

  @Override
  public ProductKeyConfig config() {
    return config;
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
    long tokens = x.size(0);
    Tensor input = dropout(x, config.inputDropout(), training);
    Tensor queries = query.forward(input, training); // [tokens, heads * queryDim]
    queries = dropout(queries, config.queryDropout(), training);
    Tensor halfScores = halfScores(queries); // [heads, 2, tokens, keysPerSide]

    Selection selection = select(halfScores);
    Tensor slots = Tensors.of(selection.slots(), tokens, config.heads(), config.slotsPerHead());
    Tensor halves =
        Tensors.of(selection.halves(), config.heads(), 2, tokens, config.slotsPerHead());

    // gradients flow to the scores selected, not into the selection
    Tensor scores = halfScores.gather(3, halves).sum(1).permute(1, 0, 2); // [tokens, heads, k]
    Tensor weights =
        torch.softmax(scale.apply(scores), -1, new ScalarTypeOptional(computeType(scores)));
    usage.count(
        Tensors.memory(slots.to(torch.ScalarType.Int)),
        Tensors.memory(weights.detach().to(torch.ScalarType.Float).contiguous()),
        Math.toIntExact(tokens));

    Tensor output = sumOfRows(slots, weights); // [tokens, valueDim]
    return new Read(dropout(output, config.valueDropout(), training), slots, scores, weights);
  }

  /// Scores `[heads, 2, tokens, keysPerSide]` of every half-key, from queries `[tokens, heads *
  /// queryDim]`.
  private Tensor halfScores(Tensor queries) {
    long tokens = queries.size(0);
    long sides = 2L * config.heads();
    Tensor halves = queries.view(tokens, sides, config.half()).transpose(0, 1);
    Tensor halfKeys = keys.view(sides, config.keysPerSide(), config.half());
    return halves
        .bmm(halfKeys.transpose(1, 2)) // [heads * 2, tokens, keysPerSide]
        .view(config.heads(), 2, tokens, config.keysPerSide());
  }

  private Selection select(Tensor halfScores) {
    Tensor scores = halfScores.detach().to(computeType(halfScores)).contiguous();
    return new ProductKeySearch(config.keysPerSide(), config.slotsPerHead())
        .select(
            Tensors.memory(scores),
            scores.scalar_type().intern() == torch.ScalarType.Double,
            config.heads(),
            (int) halfScores.size(2));
  }

  /// The weighted sum `[tokens, valueDim]` of the rows that each token reads, from slots and
  /// weights `[tokens, heads, slotsPerHead]`.
  private Tensor sumOfRows(Tensor slots, Tensor weights) {
    long reads = slots.numel();
    Tensor starts =
        torch.arange(
            new Scalar(0L),
            new Scalar(reads),
            new Scalar((long) config.readsPerToken()),
            new TensorOptions(torch.ScalarType.Long)); // [tokens]
    Tensor shares = weights.reshape(reads).to(values.scalar_type());
    var sums =
        torch.embedding_bag(
            values, slots.view(reads), starts, false, SUM, true, new TensorOptional(shares), false);
    return new Tensor(sums.get0());
  }

  private Read readNothing(Tensor x) {
    torch.ScalarType type = x.scalar_type();
    long[] reads = {0, config.heads(), config.slotsPerHead()};
    return new Read(
        Tensors.empty(type, 0, config.valueDim()),
        Tensors.empty(torch.ScalarType.Long, reads),
        Tensors.empty(type, reads),
        Tensors.empty(computeType(x), reads));
  }

  /// The type of the search and of the weights: float32, or float64 in a float64 layer.
  private static torch.ScalarType computeType(Tensor tensor) {
    return tensor.scalar_type().intern() == torch.ScalarType.Double
        ? torch.ScalarType.Double
        : torch.ScalarType.Float;
  }

  private static Tensor dropout(Tensor tensor, double share, boolean training) {
    return training && share > 0 ? torch.dropout(tensor, share, true) : tensor;
  }
}
