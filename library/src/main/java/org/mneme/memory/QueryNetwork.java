package org.mneme.memory;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/// From tokens to normalised queries: a linear map and one of the [QueryNorm]s.
///
/// Parameters: `query.weight` `[heads * queryDim, dim]`, `query.bias` `[heads * queryDim]`; for
/// batch and layer norm `norm.weight` and `norm.bias` `[heads * queryDim]`; for batch norm the
/// buffers `norm.running_mean` and `norm.running_var` `[heads * queryDim]`.
final class QueryNetwork {
  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;
  private static final double SHORTEST = 1e-12;

  private final ProductKeyConfig config;
  private final Tensor weight;
  private final Tensor bias;
  private final Norm norm;

  /// Normalises queries `[tokens, heads * queryDim]`.
  private interface Norm {
    Tensor apply(Tensor queries, boolean training);
  }

  QueryNetwork(ProductKeyConfig config, InitialWeights weights) {
    this.config = config;
    long channels = (long) config.heads() * config.queryDim();
    double bound = 1 / Math.sqrt(config.dim());
    weight = weights.uniform("query.weight", bound, channels, config.dim());
    bias = weights.uniform("query.bias", bound, channels);
    norm =
        switch (config.queryNorm()) {
          case BATCH -> batchNorm(weights, channels);
          case LAYER -> layerNorm(weights, channels);
          case L2 -> this::halvesOfLengthOne;
          case NONE -> (queries, training) -> queries;
        };
  }

  /// Queries `[tokens, heads * queryDim]` of `x` `[tokens, dim]`.
  Tensor forward(Tensor x, boolean training) {
    return norm.apply(torch.linear(x, weight, new TensorOptional(bias)), training);
  }

  /// Statistics of a single token are no statistics (each query would become `norm.bias`): one
  /// token is normalised by the running ones and leaves them alone, in training too.
  private static Norm batchNorm(InitialWeights weights, long channels) {
    Tensor gain = weights.constant("norm.weight", 1, channels);
    Tensor shift = weights.constant("norm.bias", 0, channels);
    Tensor mean = weights.buffer("norm.running_mean", 0, channels);
    Tensor variance = weights.buffer("norm.running_var", 1, channels);
    return (queries, training) ->
        torch.batch_norm(
            queries,
            new TensorOptional(gain),
            new TensorOptional(shift),
            new TensorOptional(mean),
            new TensorOptional(variance),
            training && queries.size(0) > 1,
            MOMENTUM,
            EPSILON,
            false);
  }

  private Norm layerNorm(InitialWeights weights, long channels) {
    Tensor gain = weights.constant("norm.weight", 1, channels);
    Tensor shift = weights.constant("norm.bias", 0, channels);
    long[] normalised = {config.queryDim()};
    return (queries, training) -> {
      Tensor heads = queries.view(-1, config.heads(), config.queryDim());
      Tensor normal =
          torch.layer_norm(
              heads, normalised, new TensorOptional(), new TensorOptional(), EPSILON, false);
      return normal.view(-1, channels).mul(gain).add(shift); // [tokens, heads * queryDim]
    };
  }

  private Tensor halvesOfLengthOne(Tensor queries, boolean training) {
    Tensor halves = queries.view(-1, 2L * config.heads(), config.half());
    Tensor length =
        torch.linalg_vector_norm(
            halves, new Scalar(2), new long[] {-1}, true, new ScalarTypeOptional());
    return halves
        .div(length.clamp_min(new Scalar(SHORTEST)))
        .view(-1, (long) config.heads() * config.queryDim());
  }
}
