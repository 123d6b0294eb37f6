package org.mneme.run.estimate;

import org.jspecify.annotations.Nullable;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.ModelTensors;
import org.mneme.model.TransformerXlConfig;
import org.mneme.tensor.Precision;

/// Bytes that a forward and backward pass take at their highest point, counted tensor by tensor:
/// when the scores of words have their gradients and no block has run backward yet.
///
/// @param blocks what embeddings and blocks have kept for the backward pass
/// @param logits scores of words
/// @param evaluation what an evaluation takes beyond both, 0 if it takes no more or there is none
record StepMemory(long blocks, long logits, long evaluation) {
  /// In widths of the model, what a block keeps for each token of attention: queries, keys, values
  /// and its result.
  private static final double ATTENTION = 4;

  /// And behind it: two sums and their norms.
  private static final double REST = 4;

  /// The inner layer before and after its activation.
  private static final double INNER = 2;

  /// The results of both projections, which no backward pass needs.
  private static final double PASSING = 2;

  /// In bfloat16 the inputs of products have rounded copies: three for attention, one for its
  /// result, one for the inner layer. The inner layer itself is rounded, so half as large.
  private static final double ROUNDED_ATTENTION = 2;

  private static final double ROUNDED_REST = 0.5;

  /// Attention weights that are kept: as they are; with dropout a mask and a product too.
  private static final int WEIGHTS = 1;

  private static final int DROPPED_WEIGHTS = 2;

  static StepMemory of(StepShape shape) {
    double blocks = embeddings(shape);
    double largest = 0;
    for (int block = 0; block < shape.model().layers(); block++) {
      double whole = block(shape, block);
      blocks += memory(shape, block);
      if (block >= shape.recordedFrom()) {
        blocks += recomputed(shape, block) ? shape.tokens() * (double) shape.dim() : whole;
      }
      largest = Math.max(largest, whole + passing(shape));
    }
    blocks += LogitsMemory.embedding(shape) / (double) Float.BYTES;
    long logits = LogitsMemory.training(shape);
    // while a block runs, scores of words are not yet there, or no longer
    double step = bytes(blocks) + Math.max(logits, bytes(largest));
    double states = (double) shape.model().layers() * shape.dim() * shape.tokens();
    double evaluated = bytes(states) + Math.max(bytes(largest), LogitsMemory.evaluation(shape));
    // what a step leaves free is in pieces of its own size
    double apart =
        LogitsMemory.evaluation(shape) > LogitsMemory.chunk(shape)
            ? shape.evaluators() * (double) LogitsMemory.evaluation(shape)
            : 0;
    double evaluation = Math.max(apart, shape.evaluators() * evaluated - step);
    return new StepMemory((long) (step - logits), logits, (long) evaluation);
  }

  private static double bytes(double numbers) {
    return numbers * Float.BYTES;
  }

  /// Sum, norm and a mask.
  private static double embeddings(StepShape shape) {
    double each = shape.recordedFrom() == 0 ? 2 + (shape.dropsHidden() ? 1 : 0) : 1;
    return each * shape.dim() * shape.tokens();
  }

  private static boolean recomputed(StepShape shape, int block) {
    return shape.recomputes() && !hasMemory(shape, block);
  }

  private static boolean hasMemory(StepShape shape, int block) {
    MemoryPlacement memory = shape.model().memory();
    return memory != null && memory.layers().contains(block);
  }

  private static double block(StepShape shape, int block) {
    boolean rounds = shape.precision() == Precision.BFLOAT16;
    boolean last = block == shape.model().layers() - 1;
    double rows = last ? shape.batch().lastRows() : shape.tokens();
    double attention = (ATTENTION + (rounds ? ROUNDED_ATTENTION : 0)) * shape.dim();
    double rest = (REST + (rounds ? ROUNDED_REST : 0)) * shape.dim();
    if (shape.dropsHidden()) {
      rest += 2.0 * shape.dim(); // a mask each
    }
    if (ModelTensors.hasFeedForward(shape.model(), block)) {
      rest += INNER * shape.feedForward() / (rounds ? 2 : 1);
    }
    return attention * shape.tokens() + rest * rows + scores(shape);
  }

  private static double passing(StepShape shape) {
    return PASSING * shape.dim() * shape.tokens() * (shape.dropsHidden() ? 2 : 1);
  }

  /// Attention that drops out, or is written as products, keeps weights; the usual kernel none.
  private static double scores(StepShape shape) {
    if (shape.model() instanceof TransformerXlConfig) {
      return 0; // made again in the backward pass
    }
    boolean written = shape.precision() == Precision.MEDIUM || shape.dropsAttention();
    return (double) shape.scores()
        * ((written ? WEIGHTS : 0) + (shape.dropsAttention() ? DROPPED_WEIGHTS : 0));
  }

  private static double memory(StepShape shape, int block) {
    @Nullable MemoryPlacement memory = shape.model().memory();
    if (memory == null || !hasMemory(shape, block)) {
      return 0;
    }
    double readers = memory.readAt() == ReadAt.TARGETS ? shape.batch().lastRows() : shape.tokens();
    return readers
        * switch (memory.layer()) {
          // queries before and after their norm and a gradient; slots, scores, weights and their
          // gradient; input, output, both added, a gradient
          case SparseMemoryConfig sparse ->
              3.0 * sparse.queryChannels()
                  + 4.0 * sparse.readsPerToken()
                  + 4.0 * shape.dim()
                  + sparse.valueDim();
          case DenseConfig dense -> 2.0 * dense.hidden() + 2.0 * shape.dim();
        };
  }

  /// Blocks and logits.
  long total() {
    return blocks + logits;
  }
}
