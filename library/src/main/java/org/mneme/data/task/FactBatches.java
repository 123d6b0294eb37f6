package org.mneme.data.task;

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
    plan = new LengthBuckets(rows.lengths(), batch, seed);
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
}
