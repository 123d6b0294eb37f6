package org.mneme.data.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.data.BatchPlan;

/// Batches of facts to learn, addressed by index: the same for the same seed, whatever was asked
/// for before. Safe for several threads.
public final class FactBatches {
  private final FactRows rows;
  private final BatchPlan plan;

  /// Batches of `batch` facts, those of similar length together.
  ///
  /// @param seed decides the order
  public FactBatches(FactRows rows, int batch, long seed) {
    if (batch < 1) {
      throw InvalidInputException.config("objective.batch", batch + " must be above 0");
    }
    this.rows = rows;
    int[] lengths = IntStream.range(0, rows.size()).map(rows::length).toArray();
    plan = new LengthBuckets(lengths, batch, seed);
  }

  /// The facts.
  public FactRows rows() {
    return rows;
  }

  /// How many batches an epoch has.
  public int batchesPerEpoch() {
    return plan.batchesPerEpoch();
  }

  /// The rows of batch `index`, counted from 0 through all epochs.
  public int[] batch(long index) {
    return plan.batch(index).lines();
  }

  /// All rows once, `batch` at a time, those of like length together: for evaluation.
  public static List<int[]> byLength(FactRows rows, int batch) {
    int[] sorted =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt(rows::length))
            .mapToInt(Integer::intValue)
            .toArray();
    List<int[]> batches = new ArrayList<>();
    for (int from = 0; from < sorted.length; from += batch) {
      batches.add(Arrays.copyOfRange(sorted, from, Math.min(sorted.length, from + batch)));
    }
    return batches;
  }
}
