package org.mneme.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.data.CausalBatch;
import org.mneme.data.CausalBatches;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.KeptWords;
import org.mneme.model.MaskedInput;
import org.mneme.model.SegmentMemory;
import org.mneme.model.TransformerXlConfig;

/// Guess the next token: cross-entropy, averaged over all tokens of a step that have one to follow.
/// Padding counts for nothing. A recurrent model remembers the segments before where rows of one
/// batch go on in the next.
public final class CausalObjective implements ModelObjective {
  private final CausalLanguageModel model;
  private final CausalBatches batches;
  private final CrossEntropy entropy;
  private final @Nullable SegmentMemory memory;
  private List<CausalBatch> current = List.of(); // of the step
  private long first; // of these, by its place in the run

  /// The objective of `model` on `batches`; owns neither.
  ///
  /// @throws InvalidInputException of kind CONFIG when a memory would let tokens see later ones and
  ///   `config` does not allow it
  public CausalObjective(
      CausalLanguageModel model, CausalBatches batches, ObjectiveConfig.Causal config) {
    this(model, batches, config, CrossEntropy.PLAIN);
  }

  /// The same with a loss of one's choice.
  public CausalObjective(
      CausalLanguageModel model,
      CausalBatches batches,
      ObjectiveConfig.Causal config,
      CrossEntropy entropy) {
    if (model.base().hasBatchNorm() && !config.allowBatchNorm()) {
      throw InvalidInputException.config(
          "model.memory.layer.queryNorm",
          "batch lets a token see something of later ones while a causal model is trained; take"
              + " layer, or set objective.allowBatchNorm to true");
    }
    this.model = model;
    this.batches = batches;
    this.entropy = entropy;
    memory =
        model.config() instanceof TransformerXlConfig recurrent && batches.continuing()
            ? SegmentMemory.of(recurrent, batches.batch(0).batch())
            : null;
  }

  @Override
  public CausalLanguageModel model() {
    return model;
  }

  @Override
  public OptionalLong batchesPerEpoch() {
    return OptionalLong.of(batches.batchesPerEpoch());
  }

  @Override
  public List<List<Part>> batches(long step, int count, int most) {
    List<CausalBatch> read =
        LongStream.range(step * count, (step + 1) * count).mapToObj(batches::batch).toList();
    KeptWords.bringIn(model, read.stream().flatMapToLong(CausalBatch::ids));
    first = step * count;
    current = read;
    int targets = read.stream().mapToInt(CausalBatch::targetCount).sum();
    return read.stream().map(batch -> parts(batch, targets, most)).toList();
  }

  @Override
  public void ran(long batch) {
    if (memory != null) {
      memory.advance(current.get(Math.toIntExact(batch - first)));
      if (!batches.continues(batch + 1)) {
        memory.clear();
      }
    }
  }

  @Override
  public Map<String, Tensor> state() {
    return memory == null ? Map.of() : memory.state();
  }

  /// Of a state that was saved with batches that do not go on nothing is remembered.
  @Override
  public void restore(Map<String, Tensor> state) {
    if (memory != null && SegmentMemory.isIn(state)) {
      memory.restore(state);
    }
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
    }
  }

  private List<Part> parts(CausalBatch batch, int targets, int most) {
    int count = Math.min(most, batch.batch());
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = batch.batch() * i / count;
      CausalBatch part = batch.rows(from, batch.batch() * (i + 1) / count);
      if (part.targetCount() > 0) {
        parts.add(() -> loss(part, from, targets));
      }
    }
    return parts;
  }

  private Loss loss(CausalBatch part, int from, int targetsOfStep) {
    MaskedInput input = MaskedInput.of(part, memory == null ? null : memory.part(from, part));
    Tensor hidden = model.base().encodeTargets(input.input(), input.targets(), true);
    Tensor mean = entropy.mean(model, hidden, input.labels(), targetsOfStep);
    return new Loss(mean, part.targetCount(), part.tokens());
  }
}
