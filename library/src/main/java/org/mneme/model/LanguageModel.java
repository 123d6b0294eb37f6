package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;

/// A model that scores words: a base model with a head.
///
/// Owns its parameters. The head runs only on the positions it is asked for. One thread at a time.
public sealed interface LanguageModel extends AutoCloseable
    permits MaskedLanguageModel, CausalLanguageModel {
  /// The sizes and settings.
  ArchitectureConfig config();

  /// The model without the head.
  BaseModel base();

  /// All tensors by name.
  Parameters parameters();

  /// Scores of every word at the target positions, `[targets, vocabulary]`.
  ///
  /// @param targets `[targets]` int64 positions in the flat list of batch x time tokens
  Tensor logits(TokenInput input, Tensor targets, boolean training);

  /// Scores of every word for hidden states of the last layer, `[rows, dim]` -> `[rows,
  /// vocabulary]`.
  Tensor decode(Tensor hidden);

  @Override
  void close();
}
