package org.mneme.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;

/// Word, position and token type embeddings, added and normalised (Devlin et al. 2018, section 3).
final class BertEmbeddings {
  private final BertConfig config;
  private final Parameters parameters;
  private final Tensor words; // [vocabulary or what is kept of it, dim]
  private final Tensor positions; // [positions, dim]
  private final @Nullable Tensor types; // [tokenTypes, dim]
  private final LayerNorm norm;

  BertEmbeddings(BertConfig config, Parameters parameters, String prefix) {
    this.config = config;
    this.parameters = parameters;
    int dim = config.dim();
    words =
        KeptWords.parameter(
            parameters,
            prefix + "word_embeddings.weight",
            Randomness.normal(0.02, KeptWords.count(config), dim),
            config);
    positions =
        embedding(parameters, prefix + "position_embeddings.weight", config.positions(), dim);
    types =
        config.tokenTypes() == 0
            ? null
            : embedding(
                parameters, prefix + "token_type_embeddings.weight", config.tokenTypes(), dim);
    norm = LayerNorm.create(parameters, prefix + "LayerNorm", dim, config.layerNormEps());
  }

  private static Tensor embedding(Parameters parameters, String name, int rows, int dim) {
    return parameters.parameter(name, Randomness.normal(0.02, rows, dim));
  }

  /// The first block's input `[tokens, dim]`.
  Tensor apply(TokenInput input, boolean training) {
    input.requireFits(config);
    Tensor flat = KeptWords.places(config, parameters, input.ids().reshape(-1)); // [tokens]
    Tensor word = torch.embedding(words, flat, padding(), false, false); // [tokens, dim]
    Tensor sum = word.add(position(input)); // [tokens, dim]
    if (types != null) {
      Tensor type =
          input.types() == null
              ? types.select(0, 0) // [dim]
              : torch.embedding(types, input.types().reshape(-1));
      sum = sum.add(type);
    }
    return Dropout.apply(norm.apply(sum), config.hiddenDropout(), training);
  }

  /// Where the row of the padding is, which gets no gradient; -1 for nowhere.
  private long padding() {
    return parameters
        .partial()
        .rows()
        .map(rows -> rows.contains(config.padId()) ? rows.place(config.padId()) : -1)
        .orElse(config.padId());
  }

  /// The position embeddings `[tokens, dim]`.
  private Tensor position(TokenInput input) {
    long batch = input.batch();
    long time = input.time();
    return switch (config.family()) {
      case BERT, DISTILBERT ->
          positions
              .narrow(0, 0, time) // [time, dim]
              .unsqueeze(0)
              .expand(batch, time, config.dim())
              .reshape(batch * time, config.dim());
      case ROBERTA -> {
        Tensor real = input.ids().ne(new Scalar((long) config.padId())).to(torch.ScalarType.Long);
        Tensor counted = real.cumsum(1).mul(real).add(new Scalar((long) config.padId()));
        yield torch.embedding(positions, counted.reshape(-1), config.padId(), false, false);
      }
    };
  }
}
