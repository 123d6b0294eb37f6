package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// Linear, GELU, linear: the dense control of a memory.
///
/// The second linear map starts at zero, so that a model with this beside a feed-forward equals the
/// model without at first. Parameters: `inner.weight` `[hidden, dim]`, `inner.bias` `[hidden]`,
/// `outer.weight` `[dim, hidden]`, `outer.bias` `[dim]`.
public final class DenseFeedForward implements MemoryLayer {
  private final DenseConfig config;
  private final Tensor innerWeight;
  private final Tensor innerBias;
  private final Tensor outerWeight;
  private final Tensor outerBias;

  DenseFeedForward(DenseConfig config, InitialWeights weights) {
    this.config = config;
    double bound = 1 / Math.sqrt(config.dim());
    innerWeight = weights.uniform("inner.weight", bound, config.hidden(), config.dim());
    innerBias = weights.uniform("inner.bias", bound, config.hidden());
    outerWeight = weights.constant("outer.weight", 0, config.dim(), config.hidden());
    outerBias = weights.constant("outer.bias", 0, config.dim());
  }

  @Override
  public DenseConfig config() {
    return config;
  }

  @Override
  public Map<String, ValueTable> tables() {
    return Map.of();
  }

  @Override
  public Tensor forward(Tensor x, boolean training) {
    Shapes.require(x, "x", Shapes.ANY, config.dim());
    try (var scope = new TensorScope()) {
      Tensor inner =
          torch.linear(x, innerWeight, new TensorOptional(innerBias)); // [tokens, hidden]
      Tensor outer = torch.linear(torch.gelu(inner), outerWeight, new TensorOptional(outerBias));
      return scope.keep(outer); // [tokens, dim]
    }
  }
}
