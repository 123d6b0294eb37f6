package org.mneme.memory;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.ScoreActivation.Relu;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;

/// From scores to weights: what a [ScoreActivation] describes. Parameter: `score_scale` `[heads]`
/// for [ScaledSoftmax].
interface ScoreWeights {
  /// scores `[tokens, heads, slotsPerHead]` -> weights of the same shape, in float32, or in float64
  /// in a float64 layer
  Tensor apply(Tensor scores);

  /// The activation of a new layer.
  static ScoreWeights create(SparseMemoryConfig config, InitialWeights weights) {
    return switch (config.scoreActivation()) {
      case Softmax() -> ScoreWeights::softmax;
      case ScaledSoftmax(double start) -> {
        Tensor scales = weights.constant("score_scale", start, config.heads());
        yield scores -> softmax(scores.mul(scales.view(config.heads(), 1)));
      }
      case Relu() -> scores -> scores.relu().to(computeType(scores));
    };
  }

  private static Tensor softmax(Tensor scores) {
    return torch.softmax(scores, -1, new ScalarTypeOptional(computeType(scores)));
  }

  private static torch.ScalarType computeType(Tensor tensor) {
    return tensor.scalar_type().intern() == torch.ScalarType.Double
        ? torch.ScalarType.Double
        : torch.ScalarType.Float;
  }
}
