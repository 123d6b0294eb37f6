package org.mneme;

/// Training left the finite numbers: a loss or a gradient norm is NaN or infinite.
public final class DivergenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final double lastFiniteLoss;

  /// Diverged at `step` (counted from 1); `lastFiniteLoss` is NaN when there was none.
  public DivergenceException(long step, String what, double lastFiniteLoss) {
    super(
        "training diverged at step %d: %s is not finite (last finite loss %.4f); lower the learning rates or the clipping norm"
            .formatted(step, what, lastFiniteLoss));
    this.step = step;
    this.lastFiniteLoss = lastFiniteLoss;
  }

  /// The step at which it happened, counted from 1.
  public long step() {
    return step;
  }

  /// The last loss that was finite, NaN when there was none.
  public double lastFiniteLoss() {
    return lastFiniteLoss;
  }
}
