package org.mneme.data.task;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.mneme.InvalidInputException;
import org.mneme.data.BatchPlan;
import org.mneme.data.LineBatch;
import org.mneme.data.TokenBatch;

/// Batches for fine-tuning, addressed by index: batch `n` of any epoch costs no more than the
/// first, and is the same for the same seed, whatever was asked for before. Safe for several
/// threads.
public final class TaskBatches {
  private final TaskFeatures features;
  private final BatchPlan plan;
  private final int padId;

  /// Batches of `rows` rows (a text, a pair, a window, or an example with all its choices), rows of
  /// similar length together.
  ///
  /// @param padId fills up shorter rows
  /// @param seed decides the order of rows
  public TaskBatches(TaskFeatures features, int padId, int rows, long seed) {
    if (rows < 1) {
      throw InvalidInputException.config("rows", rows + " is below 1; raise it");
    }
    this.features = features;
    this.padId = padId;
    plan = new LengthBuckets(lengths(features), rows, seed);
  }

  /// The length of the longest row of each group.
  private static int[] lengths(TaskFeatures features) {
    int group = features.rowsPerGroup();
    TaskRows rows = features.rows();
    return IntStream.range(0, rows.size() / group)
        .map(i -> IntStream.range(i * group, (i + 1) * group).map(rows::length).max().orElseThrow())
        .toArray();
  }

  /// How many batches an epoch has, and an evaluation.
  public int batchesPerEpoch() {
    return plan.batchesPerEpoch();
  }

  /// Batch `index` for training, counted from 0 through all epochs.
  public TaskBatch batch(long index) {
    return batch(plan.batch(index));
  }

  /// All rows once, in the order of the examples: for evaluation and prediction.
  public Iterable<TaskBatch> inOrder() {
    return () ->
        StreamSupport.stream(plan.inOrder().spliterator(), false).map(this::batch).iterator();
  }

  private TaskBatch batch(LineBatch batch) {
    int group = features.rowsPerGroup();
    int[] rows =
        Arrays.stream(batch.lines())
            .flatMap(line -> IntStream.range(line * group, (line + 1) * group))
            .toArray();
    TokenBatch tokens = features.rows().tokens(rows, padId);
    return new TaskBatch(
        tokens,
        features.rows().typeIds(rows, tokens.time()),
        features.targets(batch.lines(), tokens.time()),
        rows,
        Arrays.stream(batch.lines()).map(line -> features.rows().example(line * group)).toArray(),
        group);
  }
}
