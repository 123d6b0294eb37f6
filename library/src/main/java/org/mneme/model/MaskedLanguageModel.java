package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A BERT-family encoder with a masked-language-model head: dense, activation, layer norm, then a
/// decoder that is tied to the word embeddings, with a bias of its own (Devlin et al. 2018; Hugging
/// Face's `BertForMaskedLM`, `RobertaForMaskedLM`, `DistilBertForMaskedLM`).
public final class MaskedLanguageModel implements LanguageModel {
  private final BertConfig config;
  private final Parameters parameters = new Parameters();
  private final BertEncoder encoder;
  private final Linear transform;
  private final LayerNorm norm;
  private final Decoder decoder;

  /// A model with freshly drawn weights. The head's dense layer starts near the identity, so that a
  /// head added to a pretrained encoder starts from what the encoder knows.
  public MaskedLanguageModel(BertConfig config, long seed) {
    this.config = config;
    encoder = new BertEncoder(config, parameters, config.family().basePrefix(), seed);
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 3));
      BertNames names = BertNames.of(config.family());
      int dim = config.dim();
      Tensor identity = torch.eye(dim, new TensorOptions(torch.ScalarType.Float));
      transform =
          new Linear(
              parameters.parameter(
                  names.headDense() + ".weight", Randomness.normal(0.02, dim, dim).add_(identity)),
              parameters.parameter(
                  names.headDense() + ".bias", Tensors.zeros(torch.ScalarType.Float, dim)));
      norm = LayerNorm.create(parameters, names.headNorm(), dim, config.layerNormEps());
      String words = config.family().basePrefix() + "embeddings.word_embeddings.weight";
      Tensor weight;
      Tensor bias;
      if (config.tied()) {
        weight = parameters.tie(names.decoder() + ".weight", words);
        bias = KeptWords.parameter(parameters, names.bias(), zeroBias(config), config);
        if (!names.bias().equals(names.decoder() + ".bias")) {
          parameters.tie(names.decoder() + ".bias", names.bias());
        }
      } else {
        weight =
            KeptWords.parameter(
                parameters,
                names.decoder() + ".weight",
                Randomness.normal(0.02, KeptWords.count(config), dim),
                config);
        bias = KeptWords.parameter(parameters, names.decoder() + ".bias", zeroBias(config), config);
        if (!names.bias().equals(names.decoder() + ".bias")) {
          // untied models carry a second bias that nothing computes with: for the folder's sake
          parameters.buffer(
              names.bias(), Tensors.zeros(torch.ScalarType.Float, config.vocabulary()));
        }
      }
      decoder = new Decoder(weight, bias);
    }
  }

  private static Tensor zeroBias(BertConfig config) {
    return Tensors.zeros(torch.ScalarType.Float, KeptWords.count(config));
  }

  /// Whether `name` is a tensor of the head.
  public static boolean isHead(String name) {
    return BertNames.isHead(name);
  }

  @Override
  public BertConfig config() {
    return config;
  }

  /// The encoder without the head.
  public BertEncoder encoder() {
    return encoder;
  }

  @Override
  public BertEncoder base() {
    return encoder;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public List<Choice> choices(Tensor hidden, Tensor labels) {
    return List.of(new Choice(decoder, transformed(hidden), labels));
  }

  @Override
  public Tensor decode(Tensor hidden) {
    try (var scope = new TensorScope()) {
      return scope.keep(decoder.scores(transformed(hidden)));
    }
  }

  /// What the decoder reads, of hidden states of the last layer: `[rows, dim]` -> `[rows, dim]`.
  private Tensor transformed(Tensor hidden) {
    Shapes.require(hidden, "hidden", Shapes.ANY, config.dim());
    try (var scope = new TensorScope()) {
      return scope.keep(norm.apply(config.activation().apply(transform.apply(hidden))));
    }
  }

  @Override
  public void close() {
    parameters.close();
  }
}
