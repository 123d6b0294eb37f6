package org.mneme.model;

import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.data.CausalBatch;
import org.mneme.data.MaskedBatch;
import org.mneme.data.TokenBatch;
import org.mneme.tensor.Tensors;

/// A batch of texts with something to guess as tensors, in the open scope.
///
/// @param input what the model reads
/// @param targets `[targets]` int64 positions in the flat list of batch x time tokens: masked ones,
///   or those before the token to be guessed
/// @param labels `[targets]` int64 tokens to be guessed
public record MaskedInput(TokenInput input, Tensor targets, Tensor labels) {
  /// Tensors of `batch`; without padding there is no mask to attend by.
  public static MaskedInput of(MaskedBatch batch) {
    long count = batch.targets();
    return new MaskedInput(
        input(batch.batch(), batch.time(), batch.inputIds(), batch.attentionMask(), batch.padded()),
        Tensors.of(batch.targetPositions(), count),
        Tensors.of(batch.targetLabels(), count));
  }

  /// Tensors of `batch`, whose targets are the tokens that follow.
  public static MaskedInput of(CausalBatch batch) {
    return of(batch, null);
  }

  /// The same for a recurrent model.
  ///
  /// @param remembered of the texts of `batch`; null for nothing
  public static MaskedInput of(CausalBatch batch, SegmentMemory.@Nullable Part remembered) {
    long[] next = batch.targets();
    long[] positions = LongStream.range(0, next.length).filter(i -> next[(int) i] >= 0).toArray();
    long[] labels = LongStream.of(positions).map(i -> next[(int) i]).toArray();
    TokenInput input =
        input(batch.batch(), batch.time(), batch.inputIds(), batch.attentionMask(), batch.padded());
    return new MaskedInput(
        new TokenInput(input.ids(), input.mask(), null, remembered),
        Tensors.of(positions, positions.length),
        Tensors.of(labels, labels.length));
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
