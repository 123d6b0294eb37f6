package org.mneme.model;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A map of low rank that is added to a projection: scale * B (A x) (Hu et al. 2021, section 4.1).
///
/// @param down A, `[rank, in]`
/// @param up B, `[out, rank]`
record Adapter(Tensor down, Tensor up, double scale) {
  private static final long PLACE = 0x4c6f5241;

  /// Makes those of one block, where it has any.
  ///
  /// @param config null for a model without
  /// @param index of the block
  /// @param seed of the block; what else it draws stays as without adapters
  record Maker(@Nullable AdapterConfig config, Parameters parameters, int index, long seed) {
    /// The freshly drawn adapter of the projection called `name`, null where it has none: A uniform
    /// up to 1 / sqrt(in), as Kaiming's with a = sqrt(5) is, and B zero, so that nothing is added.
    @Nullable Adapter create(String name, int in, int out) {
      String target = name.substring(name.lastIndexOf('.') + 1);
      if (config == null || !config.covers(index, target)) {
        return null;
      }
      long place = AdapterConfig.TARGETS.indexOf(target);
      var random = new SplittableRandom(Randomness.derive(seed, PLACE, place));
      float[] drawn = new float[Math.multiplyExact(config.rank(), in)];
      double bound = 1 / Math.sqrt(in);
      for (int i = 0; i < drawn.length; i++) {
        drawn[i] = (float) random.nextDouble(-bound, bound);
      }
      return new Adapter(
          parameters.parameter(name + AdapterConfig.DOWN, Tensors.of(drawn, config.rank(), in)),
          parameters.parameter(
              name + AdapterConfig.UP, Tensors.zeros(torch.ScalarType.Float, out, config.rank())),
          config.scale());
    }
  }

  /// W + scale * B A, `[out, in]`, without a gradient.
  Tensor mergedInto(Tensor weight) {
    try (var scope = new TensorScope()) {
      Tensor product = up.detach().mm(down.detach());
      return scope.keep(weight.detach().add(product, new Scalar(scale)));
    }
  }

  /// Adds what it makes of `x` `[rows, in]` to `projected` `[rows, out]`, in place, and returns
  /// that.
  Tensor addTo(Tensor projected, Tensor x) {
    Shapes.require(x, "x", Shapes.ANY, down.size(1));
    Tensor low = Linear.apply(x, down, null); // [rows, rank]
    return projected.add_(Linear.apply(low, up, null), new Scalar(scale));
  }
}
