package org.mneme.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.data.CausalBatch;
import org.mneme.data.CausalBatches;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.ValueTable;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.MaskedInput;

/// Guess the next token: cross-entropy, averaged over all tokens of a step that have one to follow.
/// Padding counts for nothing.
public final class CausalObjective implements Objective {
  private static final long SUM = 2; // at::Reduction::Sum
  private static final long IGNORED = -100;

  private final CausalLanguageModel model;
  private final CausalBatches batches;

  /// The objective of `model` on `batches`; owns neither.
  ///
  /// @throws InvalidInputException of kind CONFIG when a memory would let tokens see later ones and
  ///   `config` does not allow it
  public CausalObjective(
      CausalLanguageModel model, CausalBatches batches, ObjectiveConfig.Causal config) {
    if (model.base().hasBatchNorm() && !config.allowBatchNorm()) {
      throw InvalidInputException.config(
          "model.memory.layer.queryNorm",
          "batch lets a token see something of later ones while a causal model is trained; take"
              + " layer, or set objective.allowBatchNorm to true");
    }
    this.model = model;
    this.batches = batches;
  }

  @Override
  public boolean divisible() {
    return model.base().divisible();
  }

  @Override
  public Map<String, ValueTable> tables() {
    return model.base().tables();
  }

  @Override
  public Map<String, SparseMemory> memories() {
    return model.base().sparseMemoriesByName();
  }

  @Override
  public List<Part> parts(long step, int most) {
    CausalBatch batch = batches.batch(step);
    int targets = batch.targetCount();
    int count = Math.min(most, batch.batch());
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CausalBatch part = batch.rows(batch.batch() * i / count, batch.batch() * (i + 1) / count);
      if (part.targetCount() > 0) {
        parts.add(() -> loss(part, targets));
      }
    }
    return parts;
  }

  private Loss loss(CausalBatch part, int targetsOfBatch) {
    MaskedInput input = MaskedInput.of(part);
    Tensor logits = model.logits(input.input(), input.targets(), true); // [targets, vocabulary]
    Tensor sum =
        torch.cross_entropy_loss(logits, input.labels(), new TensorOptional(), SUM, IGNORED, 0);
    return new Loss(
        sum.div(new Scalar((double) targetsOfBatch)), part.targetCount(), part.tokens());
  }
}
