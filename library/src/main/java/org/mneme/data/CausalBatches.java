package org.mneme.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;

/// The exercises of a causal language model, addressed by index: every token of a row but its first
/// is to be guessed from those before it in the row. Safe for several threads.
public final class CausalBatches {
  private final TokenLines lines;
  private final BatchPlan plan;
  private final int padId;

  /// Exercises over `lines`, dealt into batches by `plan`.
  ///
  /// @param plan made for the lengths of `lines`
  /// @param padId fills up the rows that need it
  public CausalBatches(TokenLines lines, BatchPlan plan, int padId) {
    this.lines = lines;
    this.plan = plan;
    this.padId = padId;
  }

  /// How many batches an epoch has, and an evaluation.
  public int batchesPerEpoch() {
    return plan.batchesPerEpoch();
  }

  /// Batch `index` for training, counted from 0 through all epochs.
  public MaskedBatch batch(long index) {
    return batch(plan.batch(index));
  }

  /// Every line once: for evaluation.
  public Iterable<MaskedBatch> inOrder() {
    return () ->
        StreamSupport.stream(plan.inOrder().spliterator(), false).map(this::batch).iterator();
  }

  private MaskedBatch batch(LineBatch batch) {
    return nextTokens(
        TokenBatch.of(Arrays.stream(batch.lines()).mapToObj(lines::ids).toList(), padId));
  }

  /// The exercises that rows of tokens hold; padding is neither shown nor guessed.
  public static MaskedBatch nextTokens(TokenBatch rows) {
    long[] ids = rows.inputIds();
    long[] mask = rows.attentionMask();
    long[] positions =
        LongStream.range(0, ids.length)
            .filter(i -> (i + 1) % rows.time() != 0 && mask[(int) i] != 0 && mask[(int) i + 1] != 0)
            .toArray();
    long[] labels = Arrays.stream(positions).map(i -> ids[(int) i + 1]).toArray();
    return new MaskedBatch(rows.batch(), rows.time(), ids, mask, positions, labels, rows.padded());
  }

  /// The same of these rows.
  public static MaskedBatch nextTokens(List<int[]> rows, int padId) {
    return nextTokens(TokenBatch.of(rows, padId));
  }
}
