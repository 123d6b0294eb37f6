package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.model.LanguageModel.Choice;
import org.mneme.model.TransformerXlConfig.Clusters;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The head of a Transformer-XL: an adaptive softmax (Grave et al. 2017) over the clusters of its
/// words, or a plain one where there is one cluster. Decodes with the word embeddings and, of all
/// clusters but the first, with their projections, where the config ties them. Names are those of
/// Hugging Face's `ProjectedAdaptiveLogSoftmax`.
final class AdaptiveHead implements WordHead {
  private static final double DEVIATION = 0.02;
  private static final double PROJECTION_DEVIATION = 0.01;
  private static final String PREFIX = "crit.";

  private final TransformerXlConfig config;
  private final Parameters parameters;
  private final List<Tensor> weights = new ArrayList<>(); // [size, width]
  private final List<Tensor> biases = new ArrayList<>(); // [size]
  private final List<Tensor> projections = new ArrayList<>(); // [dim, width]
  private final @Nullable Tensor clusterWeight; // [clusters - 1, width]
  private final @Nullable Tensor clusterBias; // [clusters - 1]

  /// Adds its tensors to `parameters`, where the embeddings are already.
  AdaptiveHead(TransformerXlConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
    Clusters clusters = config.clusters();
    int matrices = clusters.apart() ? clusters.count() : 1;
    for (int i = 0; i < matrices; i++) {
      layer(i);
    }
    for (int i = 0; AdaptiveWords.projects(config) && i < clusters.count(); i++) {
      projections.add(projection(i));
    }
    int others = clusters.count() - 1;
    clusterWeight =
        others == 0
            ? null
            : parameters.parameter(
                PREFIX + "cluster_weight", Randomness.normal(DEVIATION, others, clusters.dim()));
    clusterBias = others == 0 ? null : parameters.parameter(PREFIX + "cluster_bias", zeros(others));
  }

  private void layer(int index) {
    Clusters clusters = config.clusters();
    String name = PREFIX + "out_layers." + index + ".";
    int size =
        clusters.apart() ? clusters.size(index, config.vocabulary()) : KeptWords.count(config);
    weights.add(
        config.tied()
            ? parameters.tie(name + "weight", AdaptiveWords.wordsName(config.basePrefix(), index))
            : KeptWords.parameter(
                parameters,
                name + "weight",
                Randomness.normal(DEVIATION, size, clusters.width(index)),
                config));
    biases.add(KeptWords.parameter(parameters, name + "bias", zeros(size), config));
  }

  private Tensor projection(int index) {
    String name = PREFIX + "out_projs." + index;
    int shared = config.clusters().apart() ? index : 0;
    return config.tied() && index > 0
        ? parameters.tie(name, AdaptiveWords.projectionName(config.basePrefix(), shared))
        : parameters.parameter(
            name,
            Randomness.normal(PROJECTION_DEVIATION, config.dim(), config.clusters().width(shared)));
  }

  private static Tensor zeros(long count) {
    return Tensors.zeros(torch.ScalarType.Float, count);
  }

  @Override
  public List<Choice> choices(Tensor hidden, Tensor labels) {
    Clusters clusters = config.clusters();
    List<Choice> choices = new ArrayList<>();
    Tensor first = labels;
    for (int i = 1; i < clusters.count(); i++) {
      Tensor own = AdaptiveWords.positions(labels, clusters, i, config.vocabulary());
      if (own.size(0) == 0) {
        continue;
      }
      long place = place(i);
      Tensor inside = labels.index_select(0, own).sub(new Scalar((long) clusters.first(i)));
      choices.add(new Choice(decoder(i), projected(hidden.index_select(0, own), i), inside));
      first = first.index_fill(0, own, new Scalar(place));
    }
    choices.addFirst(new Choice(firstDecoder(), projected(hidden, 0), first));
    return choices;
  }

  /// Where cluster `index` is among the frequent words and the clusters: the last comes first.
  private long place(int index) {
    Clusters clusters = config.clusters();
    return clusters.size(0, config.vocabulary()) + clusters.count() - 1L - index;
  }

  /// Scores frequent words and clusters.
  private Decoder firstDecoder() {
    Decoder own = decoder(0);
    return clusterWeight == null
        ? own
        : new Decoder(
            torch.cat(new TensorVector(own.weight(), clusterWeight), 0),
            torch.cat(new TensorVector(own.bias(), clusterBias), 0));
  }

  /// Scores the words of a cluster.
  private Decoder decoder(int index) {
    Clusters clusters = config.clusters();
    if (clusters.count() == 1 || clusters.apart()) {
      return new Decoder(weights.get(index), biases.get(index));
    }
    long from = clusters.first(index);
    long size = clusters.size(index, config.vocabulary());
    return new Decoder(
        weights.getFirst().narrow(0, from, size), biases.getFirst().narrow(0, from, size));
  }

  private Tensor projected(Tensor hidden, int index) {
    return projections.isEmpty() ? hidden : Linear.apply(hidden, projections.get(index).t(), null);
  }

  @Override
  public Tensor scores(Tensor hidden) {
    Clusters clusters = config.clusters();
    try (var scope = new TensorScope()) {
      Tensor first = firstDecoder().scores(projected(hidden, 0));
      if (clusters.count() == 1) {
        return scope.keep(first);
      }
      Tensor logarithms = first.log_softmax(1);
      TensorVector all = new TensorVector();
      all.push_back(logarithms.narrow(1, 0, clusters.size(0, config.vocabulary())));
      for (int i = 1; i < clusters.count(); i++) {
        Tensor inside = decoder(i).scores(projected(hidden, i)).log_softmax(1);
        all.push_back(inside.add(logarithms.narrow(1, place(i), 1)));
      }
      return scope.keep(torch.cat(all, 1));
    }
  }
}
