package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// A causal model with its head, which usually decodes with the word embeddings: the scores at a
/// position are those of the next word. Heads of GPT-2 and Llama have no bias, a Transformer-XL's
/// has one and may be adaptive.
public final class CausalLanguageModel implements LanguageModel {
  private static final String DECODER = "lm_head.weight";

  private final CausalConfig config;
  private final Parameters parameters = new Parameters();
  private final BaseModel base;
  private final WordHead head;

  /// A model with freshly drawn weights.
  public CausalLanguageModel(CausalConfig config, long seed) {
    this.config = config;
    base =
        switch (config) {
          case DecoderConfig decoder ->
              new CausalTransformer(decoder, parameters, decoder.basePrefix(), seed);
          case TransformerXlConfig xl -> new TransformerXl(xl, parameters, xl.basePrefix(), seed);
        };
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 3));
      head =
          switch (config) {
            case DecoderConfig decoder -> new WordHead.Plain(new Decoder(weight(decoder), null));
            case TransformerXlConfig xl -> new AdaptiveHead(xl, parameters);
          };
    }
  }

  private Tensor weight(DecoderConfig config) {
    return config.tied()
        ? parameters.tie(DECODER, config.basePrefix() + config.wordsName())
        : KeptWords.parameter(
            parameters,
            DECODER,
            Randomness.normal(0.02, KeptWords.count(config), config.dim()),
            config);
  }

  @Override
  public CausalConfig config() {
    return config;
  }

  /// What scores words.
  WordHead head() {
    return head;
  }

  @Override
  public BaseModel base() {
    return base;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public List<Choice> choices(Tensor hidden, Tensor labels) {
    Shapes.require(hidden, "hidden", Shapes.ANY, config.dim());
    return head.choices(hidden, labels);
  }

  @Override
  public Tensor decode(Tensor hidden) {
    Shapes.require(hidden, "hidden", Shapes.ANY, config.dim());
    return head.scores(hidden);
  }

  @Override
  public void close() {
    parameters.close();
  }
}
