package org.mneme.train;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.data.MaskedBatch;
import org.mneme.data.MaskedBatches;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;

/// Guess what was masked (Devlin et al. 2018): cross-entropy, averaged over the masked positions, where alone the head
/// runs.
public final class MaskedObjective implements Objective {
  private final MaskedLanguageModel model;
  private final MaskedBatches batches;

  /// The objective of `model` on `batches`; owns neither.
  public MaskedObjective(MaskedLanguageModel model, MaskedBatches batches) {
    this.model = model;
    this.batches = batches;
  }

  @Override
  public Loss loss(long step) {
    MaskedBatch batch = batches.batch(step);
    MaskedInput input = MaskedInput.of(batch);
    Tensor logits = model.logits(input.input(), input.targets(), true); // [targets, vocabulary]
    Tensor loss = torch.cross_entropy_loss(logits, input.labels());
    return new Loss(loss, batch.targets(), batch.tokens());
  }
}
