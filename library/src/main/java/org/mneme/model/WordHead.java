package org.mneme.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.mneme.model.LanguageModel.Choice;

/// What scores words, of hidden states of a causal model's last layer. Owns nothing.
sealed interface WordHead permits WordHead.Plain, AdaptiveHead {
  /// See [LanguageModel#choices].
  List<Choice> choices(Tensor hidden, Tensor labels);

  /// See [LanguageModel#decode].
  Tensor scores(Tensor hidden);

  /// One product scores all words.
  record Plain(Decoder decoder) implements WordHead {
    @Override
    public List<Choice> choices(Tensor hidden, Tensor labels) {
      return List.of(new Choice(decoder, hidden, labels));
    }

    @Override
    public Tensor scores(Tensor hidden) {
      return decoder.scores(hidden);
    }
  }
}
