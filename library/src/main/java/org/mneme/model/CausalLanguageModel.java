package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
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
  private final Tensor decoder; // [vocabulary, dim]

  /// A model with freshly drawn weights.
  public CausalLanguageModel(Gpt2Config config, long seed) {
    this.config = config;
    base = new Gpt2(config, parameters, config.basePrefix(), seed);
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 3));
      decoder =
          config.tied()
              ? parameters.tie(DECODER, config.basePrefix() + Gpt2.WORDS)
              : parameters.parameter(
                  DECODER, Randomness.normal(0.02, config.vocabulary(), config.dim()));
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
  public Tensor logits(TokenInput input, Tensor targets, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(decode(base.encodeTargets(input, targets, training)));
    }
  }

  @Override
  public Tensor decode(Tensor hidden) {
    Shapes.require(hidden, "hidden", Shapes.ANY, config.dim());
    try (var scope = new TensorScope()) {
      Tensor scores = Precision.isMedium() ? hidden.mm(decoder.t()) : torch.linear(hidden, decoder);
      return scope.keep(Precision.widened(scores));
    }
  }

  @Override
  public void close() {
    parameters.close();
  }
}
