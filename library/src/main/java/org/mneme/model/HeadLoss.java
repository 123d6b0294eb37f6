package org.mneme.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Tensors;

/// The terms of which the losses of task heads are made: sums over answers, divided by a count that
/// need not be this batch's own.
final class HeadLoss {
  private static final int SUM = 2; // libtorch's number of that reduction

  private HeadLoss() {}

  /// Cross-entropies of scores `[rows, classes]` with labels `[rows]` int64, but where these are
  /// `ignored`.
  static Tensor crossEntropy(Tensor scores, Tensor labels, long ignored, long count) {
    Tensor sum = torch.cross_entropy_loss(scores, labels, new TensorOptional(), SUM, ignored, 0.0);
    return mean(sum, count);
  }

  /// Binary cross-entropies of the sigmoids of scores with labels between 0 and 1, of one shape.
  static Tensor binaryCrossEntropy(Tensor scores, Tensor labels, long count) {
    Tensor sum =
        torch.binary_cross_entropy_with_logits(
            scores, labels, new TensorOptional(), new TensorOptional(), SUM);
    return mean(sum, count);
  }

  /// Squared differences of scores and numbers of one shape.
  static Tensor squares(Tensor scores, Tensor numbers, long count) {
    return mean(torch.mse_loss(scores, numbers, SUM), count);
  }

  /// Without anything that counts the loss is 0, not 0 / 0.
  private static Tensor mean(Tensor sum, long count) {
    return sum.div(new Scalar((double) Math.max(1, count)));
  }

  /// How many of these int64 labels count.
  ///
  /// @throws InvalidInputException of kind DATA where one is neither that of a class nor to be
  ///   ignored
  static long[] counts(Tensor labels, long classes) {
    long count = 0;
    for (long label : Tensors.longs(labels)) {
      if (label == TaskHead.IGNORED) {
        continue;
      }
      if (label < 0 || label >= classes) {
        throw new InvalidInputException(
            InvalidInputException.Kind.DATA,
            "id2label",
            "label id %d is none of the head's %d; the labels of data and model differ"
                .formatted(label, classes));
      }
      count++;
    }
    return new long[] {count};
  }
}
