package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.TensorScope;

/// A model that scores words: a base model with a head.
///
/// Owns its parameters. The head runs only on the positions it is asked for. One thread at a time.
public sealed interface LanguageModel extends ModelWithHead
    permits MaskedLanguageModel, CausalLanguageModel {
  /// A choice among the scores of a decoder.
  ///
  /// @param hidden `[rows, width]`, what it scores
  /// @param labels `[rows]` int64, which of its scores is right
  record Choice(Decoder decoder, Tensor hidden, Tensor labels) {}

  /// The choices that lead to the right words, whose losses add up: one among all words or, where
  /// words are in clusters, one among frequent words and clusters and one in each cluster.
  ///
  /// @param hidden `[rows, dim]` of the last layer
  /// @param labels `[rows]` int64, places of words (see [KeptWords#places])
  List<Choice> choices(Tensor hidden, Tensor labels);

  /// Scores of every word for hidden states of the last layer, `[rows, dim]` -> `[rows,
  /// vocabulary]`: logarithms of probabilities, but for a number that all words of a row share.
  Tensor decode(Tensor hidden);

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
