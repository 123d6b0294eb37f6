package org.mneme;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Training went astray: a loss or a gradient is NaN or infinite, or the loss exploded.
public final class DivergenceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final String what;
  private final double lastFiniteLoss;
  private final @Nullable String place;
  private final transient @Nullable Path checkpoint;

  /// Diverged at `step` (counted from 1); `lastFiniteLoss` is NaN when there was none.
  ///
  /// @param what such as "the loss is not finite"
  public DivergenceException(long step, String what, double lastFiniteLoss) {
    this(step, what, lastFiniteLoss, null, null);
  }

  private DivergenceException(
      long step,
      String what,
      double lastFiniteLoss,
      @Nullable String place,
      @Nullable Path checkpoint) {
    super(message(step, what, lastFiniteLoss, place, checkpoint));
    this.step = step;
    this.what = what;
    this.lastFiniteLoss = lastFiniteLoss;
    this.place = place;
    this.checkpoint = checkpoint;
  }

  private static String message(
      long step,
      String what,
      double lastFiniteLoss,
      @Nullable String place,
      @Nullable Path checkpoint) {
    return String.format(
        Locale.ROOT,
        "training diverged at step %d: %s%s (last finite loss %.4f); lower the learning rates or"
            + " the clipping norm%s",
        step,
        what,
        place == null ? "" : ", first in " + place,
        lastFiniteLoss,
        checkpoint == null ? "" : "; the last good checkpoint is " + checkpoint);
  }

  /// The same with the place where it began: a parameter, its gradient, or an activation.
  public DivergenceException in(String place) {
    return new DivergenceException(step, what, lastFiniteLoss, place, checkpoint);
  }

  /// The same with the checkpoint to go back to.
  public DivergenceException withCheckpoint(Path checkpoint) {
    return new DivergenceException(step, what, lastFiniteLoss, place, checkpoint);
  }

  /// The step at which it happened, counted from 1.
  public long step() {
    return step;
  }

  /// What went astray, such as "the loss is not finite".
  public String what() {
    return what;
  }

  /// The last loss that was finite, NaN when there was none.
  public double lastFiniteLoss() {
    return lastFiniteLoss;
  }

  /// Where it began, if that was found: a parameter, its gradient, or an activation.
  public Optional<String> place() {
    return Optional.ofNullable(place);
  }

  /// The checkpoint to go back to, if the run has one.
  public Optional<Path> checkpoint() {
    return Optional.ofNullable(checkpoint);
  }
}
