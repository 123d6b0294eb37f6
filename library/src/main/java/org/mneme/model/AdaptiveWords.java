package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.model.TransformerXlConfig.Clusters;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Tensors;

/// Word embeddings in clusters, the rarer the narrower, each brought to the model's width by a
/// projection of its own (Baevski & Auli 2019), times the root of that width. Names are those of
/// Hugging Face's `AdaptiveEmbedding`.
final class AdaptiveWords {
  private static final double DEVIATION = 0.02;
  private static final double PROJECTION_DEVIATION = 0.01;

  private final TransformerXlConfig config;
  private final Parameters parameters;
  private final List<Tensor> words = new ArrayList<>(); // [size, width]
  private final List<Tensor> projections = new ArrayList<>(); // [dim, width]

  AdaptiveWords(TransformerXlConfig config, Parameters parameters, String prefix) {
    this.config = config;
    this.parameters = parameters;
    Clusters clusters = config.clusters();
    int matrices = clusters.apart() ? clusters.count() : 1;
    for (int i = 0; i < matrices; i++) {
      int width = clusters.width(i);
      int size = clusters.apart() ? clusters.size(i, config.vocabulary()) : KeptWords.count(config);
      String name = wordsName(prefix, i);
      Tensor value = Randomness.normal(DEVIATION, size, width);
      words.add(KeptWords.parameter(parameters, name, value, config));
    }
    for (int i = 0; projects(config) && i < matrices; i++) {
      projections.add(
          parameters.parameter(
              projectionName(prefix, i),
              Randomness.normal(PROJECTION_DEVIATION, config.dim(), clusters.width(i))));
    }
  }

  static String wordsName(String prefix, int cluster) {
    return prefix + "word_emb.emb_layers." + cluster + ".weight";
  }

  static String projectionName(String prefix, int cluster) {
    return prefix + "word_emb.emb_projs." + cluster;
  }

  /// Whether embeddings are projected: where they are of another width, or of several.
  static boolean projects(TransformerXlConfig config) {
    return config.clusters().apart() || config.clusters().dim() != config.dim();
  }

  /// ids `[batch, time]` int64 -> `[batch * time, dim]`
  Tensor embed(Tensor ids) {
    Tensor flat = KeptWords.places(config, parameters, ids).reshape(-1);
    Tensor embedded = words.size() == 1 ? rows(0, flat) : clusters(flat);
    return embedded.mul(new Scalar(Math.sqrt(config.dim())));
  }

  private Tensor rows(int cluster, Tensor places) {
    Tensor rows = torch.embedding(words.get(cluster), places);
    return projections.isEmpty() ? rows : Linear.apply(rows, projections.get(cluster), null);
  }

  private Tensor clusters(Tensor ids) {
    Clusters clusters = config.clusters();
    Tensor sum = Tensors.zeros(type(), ids.size(0), config.dim());
    for (int i = 0; i < words.size(); i++) {
      Tensor own = positions(ids, clusters, i, config.vocabulary());
      Tensor rows = rows(i, ids.index_select(0, own).sub(new Scalar(clusters.first(i))));
      sum = sum.index_copy(0, own, Precision.widened(rows));
    }
    return sum;
  }

  private torch.ScalarType type() {
    return words.getFirst().scalar_type().intern();
  }

  /// Where words of cluster `index` are, `[count]` int64.
  ///
  /// @param ids `[rows]` int64
  static Tensor positions(Tensor ids, Clusters clusters, int index, int vocabulary) {
    long first = clusters.first(index);
    long end = first + clusters.size(index, vocabulary);
    return ids.ge(new Scalar(first)).logical_and(ids.lt(new Scalar(end))).nonzero().view(-1);
  }
}
