package org.mneme.model;

import static org.mneme.model.Sizes.requireShare;

import org.mneme.config.Described;
import org.mneme.tensor.Randomness;

/// Skip-retain (Vishnu & Sekhar 2023, arXiv 2311.08123): while a recurrent model is trained, blocks
/// are left out at random, one draw a block and segment. A block that is left out hands its input
/// on and keeps the memory that it has; when it runs again it attends to that memory at its true
/// age, so that it reaches further back than its memory is long. Evaluation runs all blocks.
///
/// The code that the paper's authors released does it differently: it shifts no distances, counts
/// ages that never become young again, and lets the learning rate oscillate.
public record SkipRetainConfig(
    @Described("The most likely block to be left out is so with this probability, in [0, 1).")
        double probability,
    @Described(
            "growing: block l of n, counted from 0, with l/n of it, the last never; equal: all"
                + " blocks with it.")
        Depth depth) {
  /// How likely blocks are left out, by their place.
  public enum Depth {
    /// The deeper the likelier, but the last, which the head reads, never.
    GROWING,
    /// All alike.
    EQUAL
  }

  /// The paper's.
  public static final SkipRetainConfig DEFAULT = new SkipRetainConfig(0.5, Depth.GROWING);

  /// Checks the range.
  public SkipRetainConfig {
    requireShare("model.skipRetain.probability", probability);
  }

  /// Of block `index`, counted from 0, of `layers`.
  public double probability(int index, int layers) {
    return switch (depth) {
      case GROWING -> index == layers - 1 ? 0 : probability * index / layers;
      case EQUAL -> probability;
    };
  }

  /// Whether block `index` of `layers` is left out.
  ///
  /// @param seed of the step, the same for all that run parts of it
  /// @param segment of the texts, counted from where they began
  boolean skips(int index, int layers, long seed, long segment) {
    double draw = (Randomness.derive(seed, segment, index) >>> 11) * 0x1p-53; // [0, 1)
    return draw < probability(index, layers);
  }
}
