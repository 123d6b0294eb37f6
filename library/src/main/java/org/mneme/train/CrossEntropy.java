package org.mneme.train;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;

/// The loss of guessing words: the sum of the cross-entropies, each against a target that is the
/// label by `1 - smoothing` and all words alike by the rest (Szegedy et al. 2015).
///
/// @param smoothing in [0, 1), 0 for the plain loss
public record CrossEntropy(double smoothing) {
  /// Labels only.
  public static final CrossEntropy PLAIN = new CrossEntropy(0);

  private static final long SUM = 2; // at::Reduction::Sum
  private static final long IGNORED = -100;

  /// Checks the range.
  public CrossEntropy {
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw InvalidInputException.config("train.labelSmoothing", smoothing + " must be in [0, 1)");
    }
  }

  /// The sum over all targets, in the caller's scope.
  ///
  /// @param logits `[targets, vocabulary]`
  /// @param labels `[targets]` int64, -100 where nothing is asked for
  public Tensor sum(Tensor logits, Tensor labels) {
    return torch.cross_entropy_loss(logits, labels, new TensorOptional(), SUM, IGNORED, smoothing);
  }
}
