package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.kernel.KernelChoice;
import org.mneme.memory.kernel.Rows;
import org.mneme.memory.kernel.VectorLayerNorm;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Tensors;

/// Layer normalisation over the last axis (Ba et al. 2016).
///
/// @param weight `[dim]`
/// @param bias `[dim]`
/// @param isPrepared whether it is for inference alone
record LayerNorm(Tensor weight, Tensor bias, double eps, boolean isPrepared) implements Norm {
  /// Adds `name.weight` (ones) and `name.bias` (zeros).
  static LayerNorm create(Parameters parameters, String name, int dim, double eps) {
    Tensor ones = torch.ones(new long[] {dim}, new TensorOptions(torch.ScalarType.Float));
    return new LayerNorm(
        parameters.parameter(name + ".weight", ones),
        parameters.parameter(name + ".bias", Tensors.zeros(torch.ScalarType.Float, dim)),
        eps,
        false);
  }

  /// The same for inference.
  LayerNorm prepared() {
    return new LayerNorm(weight, bias, eps, true);
  }

  @Override
  public Tensor apply(Tensor x) {
    if (isPrepared && KernelChoice.compilesVectors()) {
      return applyKernel(x.contiguous());
    }
    return torch.layer_norm(
        x,
        new long[] {weight.size(0)},
        new TensorOptional(weight),
        new TensorOptional(bias),
        eps,
        false);
  }

  private Tensor applyKernel(Tensor x) {
    Tensor out = torch.empty_like(x);
    int dim = (int) weight.size(0);
    VectorLayerNorm.run(
        new Rows(x.data_ptr().address(), dim, SelfAttention.rowType(x)),
        (int) (x.numel() / dim),
        weight.data_ptr().address(),
        bias.data_ptr().address(),
        (float) eps,
        out.data_ptr().address());
    return out;
  }
}
