package org.mneme.data;

/// Which lines make up which batch. Batches are addressed by index: the same for the same plan and
/// index, whatever was asked for before, and no dearer for a late one. Safe for several threads.
public interface BatchPlan {
  /// How many batches an epoch has.
  int batchesPerEpoch();

  /// Batch `index` for training, counted from 0 through all epochs.
  LineBatch batch(long index);

  /// Every line once, never shuffled: for evaluation.
  Iterable<LineBatch> inOrder();
}
