package org.mneme.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.mneme.tensor.Randomness;
import org.mneme.text.Tokenizer;

/// The exercises of a masked language model, addressed by index: the same batch for the same lines,
/// settings, seed and index, whatever was asked for before. Safe for several threads.
public final class MaskedBatches {
  private static final long TRAINING = 1;
  private static final long EVALUATION = 2;

  private final TokenLines lines;
  private final BatchPlan plan;
  private final Masker masker;
  private final int padId;
  private final long seed;

  /// Exercises over `lines`, dealt into batches by `plan`.
  ///
  /// @param plan made for the lengths of `lines`
  /// @param padId fills up the few batches that need it
  /// @param seed decides what is masked
  public MaskedBatches(TokenLines lines, BatchPlan plan, Masker masker, int padId, long seed) {
    this.lines = lines;
    this.plan = plan;
    this.masker = masker;
    this.padId = padId;
    this.seed = seed;
  }

  /// Exercises over a corpus in the layout of the settings.
  public static MaskedBatches of(
      Corpus corpus, BatchesConfig batches, Masker masker, Tokenizer tokenizer, long seed) {
    boolean separated = batches.layout().isStream() && batches.separator();
    Layouts rows = Layouts.of(corpus.pools(), batches, Frame.encoder(tokenizer, separated), seed);
    return new MaskedBatches(rows.lines(), rows.plan(), masker, tokenizer.padId(), seed);
  }

  /// How many batches an epoch has, and an evaluation.
  public int batchesPerEpoch() {
    return plan.batchesPerEpoch();
  }

  /// Batch `index` for training, counted from 0 through all epochs; a line is masked another way
  /// each time it comes.
  public MaskedBatch batch(long index) {
    return batch(plan.batch(index), line -> Randomness.derive(seed, TRAINING, index, line));
  }

  /// Every line once, always masked the same way: for evaluation.
  public Iterable<MaskedBatch> inOrder() {
    return () ->
        StreamSupport.stream(plan.inOrder().spliterator(), false)
            .map(batch -> batch(batch, line -> Randomness.derive(seed, EVALUATION, line)))
            .iterator();
  }

  private MaskedBatch batch(LineBatch batch, IntToLongFunction seedOfLine) {
    List<int[]> inputs = new ArrayList<>(batch.lines().length);
    LongStream.Builder positions = LongStream.builder();
    LongStream.Builder labels = LongStream.builder();
    for (int row = 0; row < batch.lines().length; row++) {
      int line = batch.lines()[row];
      TokenLine tokens = lines.line(line);
      MaskedLine masked = masker.mask(tokens.ids(), tokens.words(), seedOfLine.applyAsLong(line));
      inputs.add(masked.inputIds());
      for (int i = 0; i < masked.targetPositions().length; i++) {
        positions.add((long) row * batch.time() + masked.targetPositions()[i]);
        labels.add(masked.targetLabels()[i]);
      }
    }
    TokenBatch tokens = TokenBatch.of(inputs, padId);
    return new MaskedBatch(
        tokens.batch(),
        tokens.time(),
        tokens.inputIds(),
        tokens.attentionMask(),
        positions.build().toArray(),
        labels.build().toArray(),
        tokens.padded());
  }
}
