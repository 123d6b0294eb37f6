package org.mneme.memory;

import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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
/// `norm.running_mean` and `norm.running_var` `[heads * queryDim]`. The gradient of `values` is
/// kept by its [ValueTable].
public final class ProductKeyMemory implements MemoryLayer {
  private final ProductKeyConfig config;
  private final QueryNetwork query;
  private final Tensor keys;
  private final String tableName;
  private final ValueTable table;
  private final KeySearch search;
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
    table = weights.table("values", config.valueInit(), config.slots(), config.valueDim());
    tableName = weights.prefix() + "values";
    search = new KeySearch(weights.engine());
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
  /// @param slots `[tokens, heads, slotsPerHead]` int32, each head's by falling score, of equals
  ///   the lower slot first
  /// @param scores `[tokens, heads, slotsPerHead]` sums of half-scores, before any scale
  /// @param weights `[tokens, heads, slotsPerHead]` float32 (float64 in a float64 layer), of sum 1
  public record Read(Tensor output, Tensor slots, Tensor scores, Tensor weights) {}

  @Override
  public ProductKeyConfig config() {
    return config;
  }

  @Override
  public Map<String, ValueTable> tables() {
    return Map.of(tableName, table);
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
    KeySearch.Found found = search.productKeys(queries, keys, config.slotsPerHead());
    Tensor scores = found.scores(); // [tokens, heads, k]
    Tensor weights =
        torch.softmax(scale.apply(scores), -1, new ScalarTypeOptional(computeType(scores)));
    usage.count(
        Tensors.memory(found.slots()),
        Tensors.memory(weights.detach().to(torch.ScalarType.Float).contiguous()),
        Math.toIntExact(tokens));

    Tensor slots = found.slots().view(tokens, config.readsPerToken());
    Tensor output =
        table.read(slots, weights.view(tokens, config.readsPerToken())).to(x.scalar_type());
    return new Read(
        dropout(output, config.valueDropout(), training), found.slots(), scores, weights);
  }

  private Read readNothing(Tensor x) {
    torch.ScalarType type = x.scalar_type();
    long[] reads = {0, config.heads(), config.slotsPerHead()};
    return new Read(
        Tensors.empty(type, 0, config.valueDim()),
        Tensors.empty(torch.ScalarType.Int, reads),
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
