package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.mneme.model.KeyPlaces.Stretch;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.Precision;

/// Attention by content and by relative position, softmax(scale ((Q + u) K^T + (Q + v) R^T)) V with
/// R of the distance between query and key (Dai et al. 2019, section 3.3), in float32 whatever the
/// precision of the products around it.
///
/// @param content u, added to queries that look for content, `[heads, headDim]`
/// @param position v, added to queries that look for positions, `[heads, headDim]`
/// @param scale of the scores, usually 1 / sqrt(headDim)
/// @param dropout share of the weights that is dropped
record RelativeAttention(Tensor content, Tensor position, double scale, double dropout) {
  /// The same with other handles on the biases.
  RelativeAttention with(Tensor content, Tensor position) {
    return new RelativeAttention(content, position, scale, dropout);
  }

  /// The same that drops another share.
  RelativeAttention withDropout(double share) {
    return new RelativeAttention(content, position, scale, share);
  }

  /// The context `[rows, heads, time, headDim]`, float32 or, for float64, as wide.
  ///
  /// @param query `[rows, heads, time, headDim]`
  /// @param key `[rows, heads, keys, headDim]`, like `value`
  /// @param distances R for each stretch of the keys, `[heads, headDim, distances]`
  Tensor apply(Tensor query, Tensor key, Tensor value, KeyPlaces places, List<Tensor> distances) {
    try (var exact = Autocast.off()) {
      Tensor q = Precision.widened(query).mul(new Scalar(scale));
      Tensor byContent = q.add(bias(content)).matmul(Precision.widened(key).transpose(2, 3));
      Tensor scores = byContent.add(byPosition(q.add(bias(position)), places, distances));
      Tensor allowed = scores.masked_fill(places.hidden(), new Scalar(Double.NEGATIVE_INFINITY));
      Tensor weights = Dropout.apply(allowed.softmax(3), dropout, true);
      return weights.matmul(Precision.widened(value));
    }
  }

  private Tensor bias(Tensor bias) {
    return bias.mul(new Scalar(scale)).view(1, bias.size(0), 1, bias.size(1));
  }

  /// `[rows, heads, time, headDim]` -> `[rows, heads, time, keys]`
  private static Tensor byPosition(Tensor query, KeyPlaces places, List<Tensor> distances) {
    long rows = query.size(0);
    long heads = query.size(1);
    long time = query.size(2);
    Tensor flat = query.transpose(0, 1).reshape(heads, rows * time, query.size(3));
    TensorVector parts = new TensorVector();
    for (int i = 0; i < distances.size(); i++) {
      Stretch stretch = places.stretches().get(i);
      Tensor scores = flat.matmul(Precision.widened(distances.get(i)));
      parts.push_back(KeyPlaces.byKey(scores.view(heads, rows, time, scores.size(2)), stretch));
    }
    return distances.size() == 1 ? parts.get(0) : torch.cat(parts, 3);
  }
}
