package org.mneme.model;

import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;

/// A head that answers questions about a text, as Hugging Face's models compute it and its loss.
///
/// Its tensors belong to the [Parameters] it was created in. Calls allocate in the caller's scope.
///
/// | kind | scores | labels |
/// |---|---|---|
/// | `SEQUENCE`, single label | `[batch, labels]` | `[batch]` int64, ids |
/// | `SEQUENCE`, multi label | `[batch, labels]` | `[batch, labels]` float32, 1 or 0 |
/// | `SEQUENCE`, regression | `[batch, labels]` | `[batch, labels]` float32, numbers |
/// | `TOKEN` | `[batch, time, labels]` | `[batch, time]` int64, ids, [#IGNORED] where none counts |
/// | `QUESTION` | `[batch, time, 2]`, begin and end | `[batch, 2]` int64, positions |
/// | `CHOICE` | `[examples * choices, 1]` | `[examples]` int64, choices |
public sealed interface TaskHead permits SequenceHead, TokenHead, QuestionHead, ChoiceHead {
  /// Stands for a label that is not to be learnt.
  long IGNORED = -100;

  /// What it answers with.
  HeadConfig config();

  /// Share of elements dropped in training.
  double dropout();

  /// The scores; several texts of a choice stand below each other, as many for every example.
  Tensor logits(BertEncoder base, TokenInput input, boolean training);

  /// How many answers `labels` hold that count, for each term of the loss. Those of several batches
  /// may be added up.
  ///
  /// @param time tokens of the longest text of the batch
  long[] counts(Tensor labels, long time);

  /// The loss, a scalar with gradient: each term summed, divided by its count, and the mean of the
  /// terms. With the counts of several batches, the losses of these batches add up to that of all.
  ///
  /// @param counts as [#counts] gives them
  Tensor loss(Tensor logits, Tensor labels, long[] counts);

  /// The loss of a batch alone, Hugging Face's.
  ///
  /// @param time tokens of the longest text of the batch
  default Tensor loss(Tensor logits, Tensor labels, long time) {
    return loss(logits, labels, counts(labels, time));
  }

  /// A head with freshly drawn weights, which libtorch's generator draws.
  static TaskHead create(BertConfig config, HeadConfig head, Parameters parameters) {
    HeadLayers layers = HeadLayers.create(config, head, parameters);
    return switch (head.kind()) {
      case SEQUENCE -> new SequenceHead(head, layers);
      case TOKEN -> new TokenHead(head, layers);
      case QUESTION -> new QuestionHead(head, layers);
      case CHOICE -> new ChoiceHead(head, layers);
    };
  }
}
