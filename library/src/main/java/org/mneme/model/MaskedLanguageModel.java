package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A BERT-family encoder with a masked-language-model head: dense, activation, layer norm, then a
/// decoder that is tied to the word embeddings, with a bias of its own (Devlin et al. 2018; Hugging
/// Face's `BertForMaskedLM`, `RobertaForMaskedLM`).
///
/// Owns its parameters. The head runs only on the positions it is asked for. One thread at a time.
public final class MaskedLanguageModel implements AutoCloseable {
  private final BertConfig config;
  private final Parameters parameters = new Parameters();
  private final BertEncoder encoder;
  private final Linear transform;
  private final LayerNorm norm;
  private final Tensor decoder; // [vocabulary, dim]
  private final Tensor bias; // [vocabulary]

  /// A model with freshly drawn weights. The head's dense layer starts near the identity, so that a
  /// head added to a pretrained encoder starts from what the encoder knows.
  public MaskedLanguageModel(BertConfig config, long seed) {
    this.config = config;
    encoder = new BertEncoder(config, parameters, config.family().basePrefix(), seed);
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 3));
      Names names = Names.of(config.family());
      int dim = config.dim();
      Tensor identity = torch.eye(dim, new TensorOptions(torch.ScalarType.Float));
      transform =
          new Linear(
              parameters.parameter(
                  names.dense + ".weight", Randomness.normal(0.02, dim, dim).add_(identity)),
              parameters.parameter(
                  names.dense + ".bias", Tensors.zeros(torch.ScalarType.Float, dim)));
      norm = LayerNorm.create(parameters, names.norm, dim, config.layerNormEps());
      String words = config.family().basePrefix() + "embeddings.word_embeddings.weight";
      if (config.tied()) {
        decoder = parameters.tie(names.decoder + ".weight", words);
        bias = parameters.parameter(names.bias, zeroBias(config));
        parameters.tie(names.decoder + ".bias", names.bias);
      } else {
        decoder =
            parameters.parameter(
                names.decoder + ".weight", Randomness.normal(0.02, config.vocabulary(), dim));
        bias = parameters.parameter(names.decoder + ".bias", zeroBias(config));
        // untied models carry a second bias that nothing computes with: kept for the folder's sake
        parameters.buffer(names.bias, zeroBias(config));
      }
    }
  }

  private static Tensor zeroBias(BertConfig config) {
    return Tensors.zeros(torch.ScalarType.Float, config.vocabulary());
  }

  private record Names(String dense, String norm, String decoder, String bias) {
    static Names of(BertConfig.Family family) {
      return switch (family) {
        case BERT ->
            new Names(
                "cls.predictions.transform.dense",
                "cls.predictions.transform.LayerNorm",
                "cls.predictions.decoder",
                "cls.predictions.bias");
        case ROBERTA ->
            new Names("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias");
      };
    }
  }

  /// Whether `name` is a tensor of the head.
  public static boolean isHead(String name) {
    return name.startsWith("cls.predictions.") || name.startsWith("lm_head.");
  }

  /// The sizes and settings.
  public BertConfig config() {
    return config;
  }

  /// The encoder without the head.
  public BertEncoder encoder() {
    return encoder;
  }

  /// All tensors by name.
  public Parameters parameters() {
    return parameters;
  }

  /// Scores of every word at the target positions, `[targets, vocabulary]`.
  ///
  /// @param targets `[targets]` int64 positions in the flat list of batch x time tokens
  public Tensor logits(TokenInput input, Tensor targets, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(decode(encoder.encodeTargets(input, targets, training)));
    }
  }

  /// Scores of every word for hidden states of the last layer, `[rows, dim]` -> `[rows,
  /// vocabulary]`.
  public Tensor decode(Tensor hidden) {
    Shapes.require(hidden, "hidden", Shapes.ANY, config.dim());
    try (var scope = new TensorScope()) {
      Tensor transformed = norm.apply(config.activation().apply(transform.apply(hidden)));
      return scope.keep(Precision.widened(Linear.apply(transformed, decoder, bias)));
    }
  }

  @Override
  public void close() {
    parameters.close();
  }
}
