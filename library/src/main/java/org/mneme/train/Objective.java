package org.mneme.train;

import org.bytedeco.pytorch.Tensor;

/// What a model is trained towards: the loss of the batch that belongs to a step.
public interface Objective {
  /// The loss of step `step` (counted from 0), in the caller's scope. The same step gives the same batch.
  Loss loss(long step);

  /// A loss and what it was measured on.
  ///
  /// @param value scalar with gradient, the mean over targets
  /// @param targets positions that count
  /// @param tokens real tokens that were read
  record Loss(Tensor value, long targets, long tokens) {}
}
