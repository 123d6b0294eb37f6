package org.mneme.train;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.ValueTable;

/// What a model is trained towards: the loss of the batch that belongs to a step.
public interface Objective {
  /// The batch of step `step` (counted from 0) in at most `most` parts of like size, each with
  /// something to learn; none if the batch has nothing. The same step gives the same batch.
  List<Part> parts(long step, int most);

  /// Whether parts may be computed side by side with the same result: not where they share a batch
  /// norm or dropout's random numbers.
  boolean divisible();

  /// The value tables that are read, by the names of their parameters: they have gradients and
  /// optimisers of their own.
  Map<String, ValueTable> tables();

  /// The memories that are trained, by what their parameters' names begin with.
  default Map<String, SparseMemory> memories() {
    return Map.of();
  }

  /// A part of a batch.
  interface Part {
    /// The loss of this part, in the caller's scope.
    Loss loss();
  }

  /// A loss and what it was measured on.
  ///
  /// @param value scalar with gradient; summed over the parts of a batch it is the mean over the
  ///   batch's targets
  /// @param targets positions that count
  /// @param tokens real tokens that were read
  record Loss(Tensor value, long targets, long tokens) {}
}
