package org.mneme.memory;

import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;

/// From tokens to normalised queries: one or two linear maps and one of the [QueryNorm]s.
///
/// Parameters: `query.weight` `[heads * queryDim, dim]` and `query.bias` `[heads * queryDim]`, or
/// of two layers `query.0.weight` `[dim, dim]`, `query.0.bias` `[dim]`, `query.1.weight` and
/// `query.1.bias` of those shapes; for batch and layer norm `norm.weight` and `norm.bias` `[heads *
/// queryDim]`; for batch norm the buffers `norm.running_mean` and `norm.running_var` `[heads *
/// queryDim]`.
final class QueryNetwork {
  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;

  /// Share of the mean variance that is added to that of each direction: what hardly varies is not
  /// blown up.
  private static final double LEAST_VARIANCE = 0.01;

  private final SparseMemoryConfig config;
  private final Projection projection;
  private final Norm norm;
  private final Affine last; // the map whose output is normalised

  /// `x` `[tokens, dim]` -> `[tokens, heads * queryDim]`
  private interface Projection {
    Tensor apply(Tensor x);
  }

  /// Normalises queries `[tokens, heads * queryDim]`.
  private interface Norm {
    Tensor apply(Tensor queries, boolean training);
  }

  QueryNetwork(SparseMemoryConfig config, InitialWeights weights) {
    this.config = config;
    long channels = config.queryChannels();
    if (config.query().layers() == 1) {
      last = Affine.uniform(weights, "query", config.dim(), config.queryChannels());
      projection = last::apply;
    } else {
      Affine inner = Affine.uniform(weights, "query.0", config.dim(), config.dim());
      last = Affine.uniform(weights, "query.1", config.dim(), config.queryChannels());
      projection = x -> last.apply(inner.apply(x).relu());
    }
    norm =
        switch (config.query().norm()) {
          case BATCH -> batchNorm(weights, channels);
          case LAYER -> layerNorm(weights, channels);
          case L2 -> this::keysOfLengthOne;
          case NONE -> (queries, training) -> queries;
        };
  }

  /// Queries `[tokens, heads * queryDim]` of `x` `[tokens, dim]`.
  Tensor forward(Tensor x, boolean training) {
    return norm.apply(projection.apply(x), training);
  }

  /// See [SparseMemory#whitenQueries].
  void whiten(Tensor x, long seed) {
    if (config.query().layers() != 1) {
      throw InvalidInputException.config(
          "memory.queryLayers", "2 cannot be whitened; take 1, or leave queries as they are drawn");
    }
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor inputs = x.to(torch.ScalarType.Double);
      Tensor mean = inputs.mean(0); // [dim]
      Tensor centred = inputs.sub(mean);
      Tensor covariance = centred.t().mm(centred).div(new Scalar((double) x.size(0)));
      T_TensorTensor_T spectrum = torch.linalg_eigh(covariance);
      Tensor variances = spectrum.get0(); // [dim]
      Tensor directions = spectrum.get1(); // [dim, dim], a column each
      double least = LEAST_VARIANCE * variances.mean().item_double();
      Tensor whitening =
          directions
              .mul(variances.clamp_min(new Scalar(0.0)).add(new Scalar(least)).rsqrt())
              .mm(directions.t()); // [dim, dim]
      Randomness.seed(seed);
      Tensor drawn =
          Randomness.normal(1 / Math.sqrt(config.dim()), config.queryChannels(), config.dim())
              .to(torch.ScalarType.Double);
      Tensor weight = drawn.mm(whitening); // [channels, dim]
      var unused = last.weight().copy_(weight);
      unused = last.bias().copy_(weight.mv(mean).neg());
    }
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
    long[] normalised = {config.query().dim()};
    return (queries, training) -> {
      Tensor heads = queries.view(-1, config.heads(), config.query().dim());
      Tensor normal =
          torch.layer_norm(
              heads, normalised, new TensorOptional(), new TensorOptional(), EPSILON, false);
      return normal.view(-1, channels).mul(gain).add(shift); // [tokens, heads * queryDim]
    };
  }

  /// What meets one key, a half of a query for product keys, gets length 1.
  private Tensor keysOfLengthOne(Tensor queries, boolean training) {
    return UnitVectors.of(queries.view(queries.size(0), -1, config.keyDim()))
        .view(-1, config.queryChannels());
  }
}
