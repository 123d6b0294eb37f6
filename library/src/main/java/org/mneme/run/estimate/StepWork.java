package org.mneme.run.estimate;

import java.util.List;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.ModelTensors;
import org.mneme.tensor.PlannedTensor;
import org.mneme.tensor.PlannedTensor.Kind;
import org.mneme.train.TrainConfig;

/// What a step has to do.
///
/// @param multiplyAdds of products of matrices, forward and backward
/// @param bytes that plain operations read and write
public record StepWork(double multiplyAdds, double bytes) {
  /// Times that a number of a block is read or written, forward and backward.
  private static final int PASSES = 6;

  /// The same where nothing runs backward.
  private static final int FORWARD_PASSES = 2;

  /// Of scores of words, in a step.
  private static final int LOGIT_PASSES = 12;

  /// Weight, gradient and two moments read, all but the gradient written; and read for its norm.
  private static final int OPTIMIZER_PASSES = 8;

  /// The work of one batch of `shape`, and of an update.
  static StepWork of(StepShape shape, List<PlannedTensor> tensors, TrainConfig train) {
    ArchitectureConfig model = shape.model();
    int layers = model.layers();
    int lowest = shape.recordedFrom();
    double products = 0;
    double numbers = 0;
    for (int block = 0; block < layers; block++) {
      boolean targetsOnly = block == layers - 1 && !model.causal();
      int factor = block < lowest ? 1 : factor(model, block, tensors, train);
      products += factor * block(shape, block, targetsOnly);
      products += 3 * memory(shape, block);
      numbers += (block < lowest ? FORWARD_PASSES : PASSES) * StepMemory.made(shape, block);
    }
    double head = (double) shape.targets() * shape.dim() * model.vocabulary();
    products += (shape.decodes() ? 3 : 2) * head;
    double dense = MemoryEstimate.bytes(tensors, Kind.PARAMETER, train, true);
    return new StepWork(
        products * train.accumulate(),
        (numbers * Float.BYTES + LOGIT_PASSES * LogitsMemory.scores(shape)) * train.accumulate()
            + OPTIMIZER_PASSES * dense);
  }

  /// Forward, the gradients of what goes in, and those of the weights if they are trained.
  private static int factor(
      ArchitectureConfig model, int block, List<PlannedTensor> tensors, TrainConfig train) {
    boolean trained =
        tensors.stream()
            .anyMatch(tensor ->
                ModelTensors.block(model, tensor.name()) == block
                    && !tensor.name().contains(".memory.")
                    && train.trains(tensor.name()));
    return trained ? 3 : 1;
  }

  private static double block(StepShape shape, int block, boolean targetsOnly) {
    double dim = shape.dim();
    double rows = targetsOnly ? shape.targets() : shape.tokens();
    double feedForward =
        ModelTensors.hasFeedForward(shape.model(), block) ? 2 * dim * shape.feedForward() : 0;
    double attention = shape.tokens() * (3 * dim * dim + 2 * dim * shape.length());
    double once = attention + rows * (dim * dim + feedForward);
    return shape.recomputes() ? once * 4 / 3 : once;
  }

  private static double memory(StepShape shape, int block) {
    MemoryPlacement memory = shape.model().memory();
    if (memory == null || !memory.layers().contains(block)) {
      return 0;
    }
    double readers = memory.readAt() == ReadAt.TARGETS ? shape.targets() : shape.tokens();
    return readers
        * switch (memory.layer()) {
          case SparseMemoryConfig sparse -> sparse.multiplyAdds();
          case DenseConfig dense -> dense.multiplyAdds();
        };
  }

  /// Seconds that it takes on a machine of that speed.
  public double seconds(MachineSpeed speed) {
    return multiplyAdds / speed.multiplyAdds() + bytes / speed.bytes();
  }
}
