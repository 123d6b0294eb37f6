package org.mneme.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.data.CausalBatch;
import org.mneme.data.task.FactBatches;
import org.mneme.data.task.FactRows;
import org.mneme.data.task.FactRows.Asked;
import org.mneme.memory.SparseMemory;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.KeptWords;
import org.mneme.model.MaskedInput;

/// Know facts: cross-entropy of their answers, of which a causal model sees the tokens before.
///
/// Blocks below the first one that is trained give the same for a fact each time it comes: they run
/// once, see [BlockOutputs].
public final class FactsObjective implements ModelObjective {
  private final CausalLanguageModel model;
  private final FactBatches batches;
  private final FactRows rows;
  private final @Nullable BlockOutputs below;
  private final OptionalLong whitens;

  /// The objective of `model` on `batches`; owns neither.
  ///
  /// @param below of the batches' rows, for a part below which nothing is trained; null where all
  ///   is to run. Closed with this
  /// @param whitens what to draw the queries of the first memory from that is trained, such that
  ///   the facts' are white (see [SparseMemory#whitenQueries]); empty to leave them as they are
  public FactsObjective(
      CausalLanguageModel model,
      FactBatches batches,
      @Nullable BlockOutputs below,
      OptionalLong whitens) {
    this.model = model;
    this.batches = batches;
    this.rows = batches.rows();
    this.below = below;
    this.whitens = whitens;
  }

  @Override
  public void begin() {
    if (below != null && whitens.isPresent()) {
      below.whitenQueries(whitens.getAsLong());
    }
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
    List<int[]> read =
        LongStream.range(step * count, (step + 1) * count).mapToObj(batches::batch).toList();
    KeptWords.bringIn(model, read.stream().flatMapToLong(chosen -> batch(chosen).ids()));
    int targets = read.stream().mapToInt(chosen -> batch(chosen).targetCount()).sum();
    return read.stream().map(chosen -> parts(chosen, targets, most)).toList();
  }

  private CausalBatch batch(int[] chosen) {
    return rows.batch(chosen, Asked.TO_LEARN);
  }

  private List<Part> parts(int[] chosen, int targets, int most) {
    int count = Math.min(most, chosen.length);
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] part =
          Arrays.copyOfRange(chosen, chosen.length * i / count, chosen.length * (i + 1) / count);
      parts.add(() -> loss(part, targets));
    }
    return parts;
  }

  private Loss loss(int[] chosen, int targetsOfStep) {
    CausalBatch batch = batch(chosen);
    MaskedInput input = MaskedInput.of(batch);
    Tensor hidden =
        below == null
            ? model.base().encodeTargets(input.input(), input.targets(), true)
            : below.encodeTargets(chosen, input, true); // [targets, dim]
    Tensor mean = CrossEntropy.PLAIN.mean(model, hidden, input.labels(), targetsOfStep);
    return new Loss(mean, batch.targetCount(), batch.tokens());
  }

  @Override
  public void close() {
    if (below != null) {
      below.close();
    }
  }
}
