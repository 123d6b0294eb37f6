package org.mneme.memory;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;

/// From what was read to the layer's output: what an [Output] describes, with its weights.
///
/// Parameters, where there are any: `output_projection.weight` `[dim, valueDim]` and `.bias`
/// `[dim]`, `gate_projection.weight` `[valueDim, dim]` and `.bias` `[valueDim]`,
/// `scalar_gate.weight` `[1, dim]` and `.bias` `[1]`. All weights are normal, of standard deviation
/// `1 / sqrt(dim)`, all biases zero.
interface OutputStage {
  /// read `[tokens, valueDim]`, x `[tokens, dim]` -> `[tokens, dim]`
  Tensor apply(Tensor read, Tensor x);

  /// The stage of a new layer.
  static OutputStage create(SparseMemoryConfig config, InitialWeights weights) {
    int dim = config.dim();
    double deviation = 1 / Math.sqrt(dim);
    return switch (config.output()) {
      case Direct() -> (read, x) -> read;
      case Projected(int valueDim) -> {
        Affine project = Affine.normal(weights, "output_projection", deviation, valueDim, dim);
        yield (read, x) -> project.apply(read);
      }
      case SiluGate(int valueDim) -> {
        Affine gate = Affine.normal(weights, "gate_projection", deviation, dim, valueDim);
        Affine project = Affine.normal(weights, "output_projection", deviation, valueDim, dim);
        yield (read, x) -> project.apply(read.mul(torch.silu(gate.apply(x))));
      }
      case ScalarGate() -> {
        Affine gate = Affine.normal(weights, "scalar_gate", deviation, dim, 1);
        yield (read, x) -> read.mul(torch.sigmoid(gate.apply(x)));
      }
    };
  }
}
