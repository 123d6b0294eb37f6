package org.mneme.train;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;
import org.mneme.InvalidInputException;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.ValueTable;

/// What a model is trained towards: the loss of the batches that belong to a step.
public interface Objective extends AutoCloseable {
  /// The batches of a step, to be run one after the other, each in at most `most` parts of like
  /// size, each with something to learn; a batch without anything to learn has no parts. The same
  /// step gives the same batches.
  ///
  /// Rows of words that the model does not have yet are brought in before this returns. All that
  /// counts targets is done before this returns, so that every part's loss can be divided by the
  /// targets of the whole step; what takes memory is done by the parts.
  ///
  /// @param step counted from 0; it has the batches from `step * count` on
  /// @param count batches to a step, see [TrainConfig#accumulate()]
  List<List<Part>> batches(long step, int count, int most);

  /// Batches that go through the training data once, where one can tell.
  default OptionalLong batchesPerEpoch() {
    return OptionalLong.empty();
  }

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

  /// Whether the model's blocks are to run again in the backward pass, see
  /// [TrainConfig#gradientCheckpointing()].
  default void recompute(boolean recomputes) {
    if (recomputes) {
      throw InvalidInputException.config(
          "train.gradientCheckpointing", "this model keeps all it computes; leave it out");
    }
  }

  /// Comes once, before the first step of a run that does not go on from another.
  default void begin() {}

  /// Draws what all parts of a step have in common; comes before they are computed.
  ///
  /// @param seed of the step
  default void beginStep(long seed) {}

  /// Comes when all parts of a batch have been run, forward and backward, before the next batch's
  /// are.
  ///
  /// @param batch counted from 0 through the run
  default void ran(long batch) {}

  /// From now on all blocks run, see [SecondPhaseConfig].
  default void secondPhase() {}

  /// What it keeps from one batch to the next, by name, in the open scope; part of
  /// [Trainer#state()].
  default Map<String, Tensor> state() {
    return Map.of();
  }

  /// Goes on from what [#state()] gave.
  default void restore(Map<String, Tensor> state) {}

  /// Frees what it keeps.
  @Override
  default void close() {}

  /// A part of a batch.
  interface Part {
    /// The loss of this part, in the caller's scope. May be asked for again, without a gradient.
    Loss loss();
  }

  /// A loss and what it was measured on.
  ///
  /// @param value scalar with gradient; summed over all parts of a step it is the mean over the
  ///   step's targets
  /// @param targets positions that count
  /// @param tokens real tokens that were read
  record Loss(Tensor value, long targets, long tokens) {}
}
