package org.mneme.run.estimate;

import org.jspecify.annotations.Nullable;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.ModelTensors;
import org.mneme.tensor.Precision;

/// Bytes that a forward and backward pass take at their highest point, counted tensor by tensor.
///
/// @param blocks what the blocks have computed until the head begins
/// @param logits scores of all words at the targets, their logarithms, and the gradients of both
record StepMemory(long blocks, long logits) {
  /// Logits, log-softmax, and a gradient of each.
  private static final int LOGITS = 4;

  /// In widths of the model: what attention and feed-forward make beside the inner layer. Three
  /// inputs of attention and its output, two projections, two sums, two norms.
  private static final int VECTORS = 10;

  /// The inner layer before and after its activation.
  private static final int INNER = 2;

  /// Places in a block where hidden elements drop out: a mask and a product each.
  private static final int DROPOUTS = 2;

  static StepMemory of(StepShape shape) {
    long blocks = 0;
    int last = shape.model().layers() - 1;
    for (int block = 0; block <= last; block++) {
      blocks += block(shape, block, block == last) + memory(shape, block);
    }
    double width = shape.precision() == Precision.BFLOAT16 ? 1.5 : 1;
    double logits = LOGITS * width * shape.targets() * shape.model().vocabulary() * Float.BYTES;
    return new StepMemory(blocks, (long) logits);
  }

  private static long block(StepShape shape, int block, boolean last) {
    long dim = shape.dim();
    if (shape.recomputes() && !last) {
      return shape.tokens() * dim * Float.BYTES; // the input alone
    }
    boolean targetsOnly = last && !shape.model().causal();
    long rows = targetsOnly ? shape.targets() : shape.tokens();
    long attention = 4 * dim * shape.tokens();
    long rest = (VECTORS - 4) * dim;
    if (ModelTensors.hasFeedForward(shape.model(), block)) {
      rest += INNER * shape.feedForward();
    }
    if (shape.dropsHidden()) {
      rest += 2L * DROPOUTS * dim;
    }
    return (attention + rest * rows + scores(shape)) * Float.BYTES;
  }

  /// Attention that drops out, or is written as products, keeps scores, weights and masks; the
  /// usual kernel keeps none.
  private static long scores(StepShape shape) {
    boolean written = shape.precision() == Precision.MEDIUM;
    return shape.scores() * ((written ? 3 : 0) + (shape.dropsAttention() ? written ? 2 : 4 : 0));
  }

  private static long memory(StepShape shape, int block) {
    @Nullable MemoryPlacement memory = shape.model().memory();
    if (memory == null || !memory.layers().contains(block)) {
      return 0;
    }
    long readers = memory.readAt() == ReadAt.TARGETS ? shape.targets() : shape.tokens();
    long each =
        switch (memory.layer()) {
          // queries before and after their norm and a gradient; slots, scores, weights and their
          // gradient; input, output, both added, a gradient
          case SparseMemoryConfig sparse ->
              3L * sparse.queryChannels()
                  + 4L * sparse.readsPerToken()
                  + 4L * shape.dim()
                  + sparse.valueDim();
          case org.mneme.memory.DenseConfig dense -> 2L * dense.hidden() + 2L * shape.dim();
        };
    return readers * each * Float.BYTES;
  }

  long total() {
    return blocks + logits;
  }
}
