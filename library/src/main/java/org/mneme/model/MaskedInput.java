package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.data.MaskedBatch;
import org.mneme.data.TokenBatch;
import org.mneme.tensor.Tensors;

/// A batch of masked texts as tensors, in the open scope.
///
/// @param input what the encoder reads
/// @param targets `[targets]` int64 masked positions in the flat list of batch x time tokens
/// @param labels `[targets]` int64 tokens that stood there
public record MaskedInput(TokenInput input, Tensor targets, Tensor labels) {
  /// Tensors of `batch`; without padding there is no mask to attend by.
  public static MaskedInput of(MaskedBatch batch) {
    long count = batch.targets();
    return new MaskedInput(
        input(batch.batch(), batch.time(), batch.inputIds(), batch.attentionMask(), batch.padded()),
        Tensors.of(batch.targetPositions(), count),
        Tensors.of(batch.targetLabels(), count));
  }

  /// Tensors of a batch without exercises.
  public static TokenInput of(TokenBatch batch) {
    return input(
        batch.batch(), batch.time(), batch.inputIds(), batch.attentionMask(), batch.padded());
  }

  private static TokenInput input(int batch, int time, long[] ids, long[] mask, boolean padded) {
    return new TokenInput(
        Tensors.of(ids, batch, time), padded ? Tensors.of(mask, batch, time) : null, null);
  }
}
