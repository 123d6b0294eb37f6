package org.mneme.bench;

import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Which rows are read, with which weights: slots `[tokens, reads]` int32 and weights `[tokens,
/// reads]`.
final class Reading implements AutoCloseable {
  final Tensor slots;
  final Tensor weights;
  final int[] ids;

  Reading(Inputs inputs) {
    ids = inputs.slots();
    try (var scope = new TensorScope()) {
      slots =
          TensorScope.own(
              Tensors.empty(torch.ScalarType.Int, inputs.sizes().tokens(), Sizes.READS));
      weights = TensorScope.own(Tensors.of(inputs.weights(), inputs.sizes().tokens(), Sizes.READS));
    }
    Tensors.memory(slots).copyFrom(MemorySegment.ofArray(ids));
  }

  @Override
  public void close() {
    slots.close();
    weights.close();
  }
}
