package org.mneme.run.estimate;

import org.mneme.tensor.Precision;
import org.mneme.train.CrossEntropy;

/// Bytes that the loss takes where words are scored, chunk after chunk. Here alone is written how
/// that is done.
final class LogitsMemory {
  /// Between how many workers a batch in training is divided, at most.
  private static final int WORKERS = 2;

  private LogitsMemory() {}

  /// Of a batch in training, all workers together: a chunk of scores, the gradients of the rows
  /// and, if the decoder is trained, of its weight; one worker's becomes the parameter's own.
  static long training(StepShape shape) {
    int workers = workers();
    long rows = Math.ceilDiv(shape.targets(), workers);
    long weight = weight(shape);
    long gradient = shape.decodes() ? weight * Float.BYTES : 0;
    long each = chunk(shape, rows) + rows * shape.dim() * Float.BYTES + rounded(shape);
    return workers * each + (workers - 1) * gradient;
  }

  private static int workers() {
    return Math.min(WORKERS, Runtime.getRuntime().availableProcessors());
  }

  /// Of the scores that a worker has at a time.
  static long chunk(StepShape shape) {
    return chunk(shape, Math.ceilDiv(shape.targets(), workers()));
  }

  /// Of the gradients of embedded words, which each worker makes for all words before they are
  /// added to those of the decoder: where scores were, if these took as much.
  static long embedding(StepShape shape) {
    long each = weight(shape) * Float.BYTES;
    return shape.decodes() && each > chunk(shape) ? workers() * each : 0;
  }

  /// Of a batch that is evaluated.
  static long evaluation(StepShape shape) {
    return chunk(shape, shape.targets());
  }

  private static long weight(StepShape shape) {
    return shape.model().vocabulary() * shape.dim();
  }

  private static long chunk(StepShape shape, long rows) {
    long vocabulary = shape.model().vocabulary();
    long chunks = Math.ceilDiv(rows, CrossEntropy.rowsAtOnce(vocabulary));
    int bytes = Float.BYTES + (rounds(shape) ? Short.BYTES : 0);
    return chunks == 0 ? 0 : Math.ceilDiv(rows, chunks) * vocabulary * bytes;
  }

  /// The weight in bfloat16, and its gradient from a chunk; `medium` has that of float32 for
  /// itself.
  private static long rounded(StepShape shape) {
    return switch (shape.precision()) {
      case FLOAT32 -> 0;
      case MEDIUM -> shape.decodes() ? weight(shape) * Float.BYTES : 0;
      case BFLOAT16 -> weight(shape) * Short.BYTES * (shape.decodes() ? 2 : 1);
    };
  }

  private static boolean rounds(StepShape shape) {
    return shape.precision() == Precision.BFLOAT16;
  }
}
