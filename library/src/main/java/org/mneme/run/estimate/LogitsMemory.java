package org.mneme.run.estimate;

import org.mneme.tensor.Precision;

/// Bytes of the scores of all words at the targets. Here alone is written how they are computed.
final class LogitsMemory {
  /// Scores, their log-softmax, and a gradient of each.
  private static final double TRAINING = 4;

  /// Scores and their log-softmax.
  private static final double EVALUATION = 2;

  /// The product's result, and what becomes of its gradient, in half the bytes.
  private static final double BRAINS = 1;

  private LogitsMemory() {}

  /// Of a batch in training, all workers together.
  static long training(StepShape shape) {
    double tensors = TRAINING + (shape.precision() == Precision.BFLOAT16 ? BRAINS : 0);
    return (long) (tensors * one(shape));
  }

  /// Of a batch that is evaluated.
  static long evaluation(StepShape shape) {
    return (long) (EVALUATION * one(shape));
  }

  private static double one(StepShape shape) {
    return (double) shape.targets() * shape.model().vocabulary() * Float.BYTES;
  }
}
