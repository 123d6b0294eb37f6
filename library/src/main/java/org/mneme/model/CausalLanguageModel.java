package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// A causal model with its head, a decoder without bias that is usually tied to the word embeddings
/// (Hugging Face's `GPT2LMHeadModel`): the scores at a position are those of the next word.
public final class CausalLanguageModel implements LanguageModel {
  private static final String DECODER = "lm_head.weight";

  private final Gpt2Config config;
  private final Parameters parameters = new Parameters();
  private final Gpt2 base;
  private final Decoder decoder;

  /// A model with freshly drawn weights.
  public CausalLanguageModel(Gpt2Config config, long seed) {
    this.config = config;
    base = new Gpt2(config, parameters, config.basePrefix(), seed);
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 3));
      Tensor weight =
          config.tied()
              ? parameters.tie(DECODER, config.basePrefix() + Gpt2.WORDS)
              : KeptWords.parameter(
                  parameters,
                  DECODER,
                  Randomness.normal(0.02, KeptWords.count(config), config.dim()),
                  config);
      decoder = new Decoder(weight, null);
    }
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public Gpt2 base() {
    return base;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public Tensor transform(Tensor hidden) {
    Shapes.require(hidden, "hidden", Shapes.ANY, config.dim());
    return hidden;
  }

  @Override
  public Decoder decoder() {
    return decoder;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
