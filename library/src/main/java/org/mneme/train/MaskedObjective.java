package org.mneme.train;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.data.MaskedBatch;
import org.mneme.data.MaskedBatches;
import org.mneme.memory.DenseFeedForward;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.ProductKeyMemory;
import org.mneme.memory.QueryNorm;
import org.mneme.model.BertConfig;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;

/// Guess what was masked (Devlin et al. 2018): cross-entropy, averaged over the masked positions, where alone the head
/// runs.
public final class MaskedObjective implements Objective {
  private static final long SUM = 2; // at::Reduction::Sum
  private static final long IGNORED = -100;

  private final MaskedLanguageModel model;
  private final MaskedBatches batches;

  /// The objective of `model` on `batches`; owns neither.
  public MaskedObjective(MaskedLanguageModel model, MaskedBatches batches) {
    this.model = model;
    this.batches = batches;
  }

  @Override
  public boolean divisible() {
    BertConfig config = model.config();
    return config.hiddenDropout() == 0
        && config.attentionDropout() == 0
        && model.encoder().memories().values().stream().allMatch(MaskedObjective::isDivisible);
  }

  private static boolean isDivisible(MemoryLayer layer) {
    return switch (layer) {
      case ProductKeyMemory memory -> memory.config().queryNorm() != QueryNorm.BATCH;
      case DenseFeedForward dense -> true;
    };
  }

  @Override
  public List<Part> parts(long step, int most) {
    MaskedBatch batch = batches.batch(step);
    int count = Math.min(most, batch.batch());
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      MaskedBatch part =
          batch.rows(batch.batch() * i / count, batch.batch() * (i + 1) / count);
      if (part.targets() > 0) {
        parts.add(() -> loss(part, batch.targets()));
      }
    }
    return parts;
  }

  private Loss loss(MaskedBatch part, int targetsOfBatch) {
    MaskedInput input = MaskedInput.of(part);
    Tensor logits = model.logits(input.input(), input.targets(), true); // [targets, vocabulary]
    Tensor sum =
        torch.cross_entropy_loss(logits, input.labels(), new TensorOptional(), SUM, IGNORED, 0);
    return new Loss(
        sum.div(new Scalar((double) targetsOfBatch)), part.targets(), part.tokens());
  }
}
