package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.TensorScope;

/// A model that scores words: a base model with a head.
///
/// Owns its parameters. The head runs only on the positions it is asked for. One thread at a time.
public sealed interface LanguageModel extends ModelWithHead
    permits MaskedLanguageModel, CausalLanguageModel {
  /// What the decoder reads, of hidden states of the last layer: `[rows, dim]` -> `[rows, dim]`.
  Tensor transform(Tensor hidden);

  /// The head's last product.
  Decoder decoder();

  /// Scores of every word for hidden states of the last layer, `[rows, dim]` -> `[rows,
  /// vocabulary]`.
  default Tensor decode(Tensor hidden) {
    try (var scope = new TensorScope()) {
      return scope.keep(decoder().scores(transform(hidden)));
    }
  }

  /// Scores of every word at the target positions, `[targets, vocabulary]`: for few of them.
  /// Whoever wants a loss needs no scores (see `org.mneme.train.CrossEntropy`).
  ///
  /// @param targets `[targets]` int64 positions in the flat list of batch x time tokens
  default Tensor logits(TokenInput input, Tensor targets, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(decode(base().encodeTargets(input, targets, training)));
    }
  }
}
