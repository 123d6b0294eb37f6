package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.Dropout;
import org.mneme.memory.kernel.KernelChoice;
import org.mneme.memory.kernel.VectorRelativeSoftmax;
import org.mneme.model.KeyPlaces.Stretch;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The softmax over the scores of [RelativeAttention], and its gradients, in place: by our own
/// kernel, or by libtorch's operations for float64 and where there are no vectors.
///
/// Products are `[rows, heads, time, keys]`, those with positions `[heads, rows * time, distances]`
/// for each stretch of keys.
///
/// @param scale of the scores
/// @param dropout share of the weights that is dropped
record RelativeSoftmax(KeyPlaces places, double scale, double dropout) {
  /// Some rows of a batch.
  ///
  /// @param from the first one
  /// @param content products of queries and keys
  /// @param byPosition products of queries and positions
  /// @param seed of the noise of dropout, of the shape of `content`
  /// @param logSums `[rows, heads, time]`, as wide as sums are: logarithms of the sums of
  ///   exponentials
  record Scores(long from, Tensor content, List<Tensor> byPosition, long seed, Tensor logSums) {
    private long rows() {
      return content.size(0);
    }

    private long heads() {
      return content.size(1);
    }

    private long time() {
      return content.size(2);
    }

    private long keys() {
      return content.size(3);
    }

    /// Products with positions by key, `[rows, heads, time, count]`, a view.
    private Tensor byKey(int index, Stretch stretch) {
      Tensor own = byPosition.get(index);
      return KeyPlaces.byKey(own.view(heads(), rows(), time(), own.size(2)), stretch);
    }

    private boolean suitKernel() {
      return content.scalar_type().intern() != torch.ScalarType.Double
          && KernelChoice.compilesVectors();
    }
  }

  /// Puts the weights in the place of the products of queries and keys, and fills `logSums`.
  void weights(Scores scores) {
    if (scores.suitKernel()) {
      VectorRelativeSoftmax.weights(
          described(scores),
          dropping(scores),
          scores.logSums.data_ptr().address(),
          torch.get_num_threads());
      return;
    }
    try (var scope = new TensorScope()) {
      Tensor sums = sums(scores);
      var unused = scores.logSums.copy_(sums.logsumexp(3));
      unused = scores.content.copy_(dropped(exponentials(sums, scores), scores));
    }
  }

  /// Puts the weights (what was dropped is 0) in the place of the products of queries and keys, and
  /// the gradients of all products in that of the weights' gradients and of the products with
  /// positions.
  ///
  /// @param byWeights gradients of the weights after dropping, of the shape and type of the
  ///   products
  /// @param deltas `[rows, heads, time]`, as wide as sums are: sums of the weights after dropping
  ///   times their gradients
  void gradients(Scores scores, Tensor byWeights, Tensor deltas) {
    if (scores.suitKernel()) {
      VectorRelativeSoftmax.gradients(
          described(scores),
          dropping(scores),
          scores.logSums.data_ptr().address(),
          byWeights.data_ptr().address(),
          deltas.data_ptr().address(),
          torch.get_num_threads());
      return;
    }
    try (var scope = new TensorScope()) {
      Tensor weights = exponentials(sums(scores), scores);
      Tensor arriving = dropped(byWeights.to(deltas.scalar_type()), scores);
      Tensor gradients = arriving.sub(deltas.unsqueeze(-1)).mul_(weights).mul_(new Scalar(scale));
      var unused = scores.content.copy_(dropped(weights, scores));
      unused = byWeights.copy_(gradients);
      for (int i = 0; i < places.stretches().size(); i++) {
        Stretch stretch = places.stretches().get(i);
        unused = scores.byPosition.get(i).zero_();
        Tensor own = gradients.narrow(3, stretch.from(), stretch.count());
        unused = scores.byKey(i, stretch).copy_(own);
      }
    }
  }

  private VectorRelativeSoftmax.Scores described(Scores scores) {
    List<VectorRelativeSoftmax.Stretch> stretches = new ArrayList<>();
    for (int i = 0; i < places.stretches().size(); i++) {
      Stretch stretch = places.stretches().get(i);
      Tensor own = scores.byPosition.get(i);
      stretches.add(
          new VectorRelativeSoftmax.Stretch(
              own.data_ptr().address(), (int) own.size(2), stretch.from(), stretch.count()));
    }
    return new VectorRelativeSoftmax.Scores(
        SelfAttention.rowType(scores.content),
        (int) scores.rows(),
        (int) scores.heads(),
        (int) scores.time(),
        (int) scores.keys(),
        scores.content.data_ptr().address(),
        stretches,
        places.firsts(scores.from, scores.rows(), scores.time()),
        (float) scale);
  }

  private VectorRelativeSoftmax.Dropping dropping(Scores scores) {
    return new VectorRelativeSoftmax.Dropping(scores.seed, dropout);
  }

  /// The scores, minus infinity where a query does not look.
  private Tensor sums(Scores scores) {
    Tensor sums =
        Tensors.empty(
            scores.logSums.scalar_type(),
            scores.rows(),
            scores.heads(),
            scores.time(),
            scores.keys());
    var unused = sums.copy_(scores.content);
    for (int i = 0; i < places.stretches().size(); i++) {
      Stretch stretch = places.stretches().get(i);
      unused = sums.narrow(3, stretch.from(), stretch.count()).add_(scores.byKey(i, stretch));
    }
    Tensor hidden = places.hidden(scores.time());
    Tensor own = hidden.dim() == 2 ? hidden : hidden.narrow(0, scores.from, scores.rows());
    return sums.mul_(new Scalar(scale)).masked_fill_(own, new Scalar(Double.NEGATIVE_INFINITY));
  }

  private static Tensor exponentials(Tensor sums, Scores scores) {
    return sums.sub(scores.logSums.unsqueeze(-1)).exp_();
  }

  private Tensor dropped(Tensor weights, Scores scores) {
    if (dropout == 0) {
      return weights;
    }
    torch.ScalarType type = weights.scalar_type().intern();
    return weights.mul(
        Dropout.noise(
            scores.seed,
            dropout,
            type,
            scores.rows(),
            scores.heads(),
            scores.time(),
            scores.keys()));
  }
}
