package org.mneme.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.mneme.data.BatchesConfig.Layout;
import org.mneme.text.Tokenizer;

/// The batches of a causal language model, addressed by index: the same batch for the same texts,
/// settings, seed and index, whatever was asked for before. Safe for several threads.
public final class CausalBatches {
  private final TokenLines lines;
  private final BatchPlan plan;
  private final int padId;
  private final boolean continuing;

  /// Batches of `lines`, dealt by `plan`.
  ///
  /// @param padId fills up rows
  /// @param continuing whether rows of the plan go on in the next batch, from the first to the last
  ///   of an epoch
  public CausalBatches(TokenLines lines, BatchPlan plan, int padId, boolean continuing) {
    this.lines = lines;
    this.plan = plan;
    this.padId = padId;
    this.continuing = continuing;
  }

  /// Batches of a corpus in the layout of the settings.
  public static CausalBatches of(
      Corpus corpus, BatchesConfig batches, Tokenizer tokenizer, long seed) {
    Layouts rows =
        Layouts.of(corpus.pools(), batches, Frame.decoder(tokenizer, batches.separator()), seed);
    boolean continuing = batches.layout() == Layout.SEGMENTS;
    return new CausalBatches(rows.lines(), rows.plan(), tokenizer.padId(), continuing);
  }

  /// How many batches an epoch has, and an evaluation.
  public int batchesPerEpoch() {
    return plan.batchesPerEpoch();
  }

  /// Whether rows of one batch go on in the next.
  public boolean continuing() {
    return continuing;
  }

  /// Whether rows of batch `index` go on where those of the batch before ended.
  public boolean continues(long index) {
    return continuing && Math.floorMod(index, plan.batchesPerEpoch()) != 0;
  }

  /// Batch `index` for training, counted from 0 through all epochs.
  public CausalBatch batch(long index) {
    return batch(plan.batch(index), continues(index));
  }

  /// Every row once, never shuffled: for evaluation.
  public Iterable<CausalBatch> inOrder() {
    return () -> {
      boolean[] begun = {false};
      return StreamSupport.stream(plan.inOrder().spliterator(), false)
          .map(batch -> {
            boolean continues = continuing && begun[0];
            begun[0] = true;
            return batch(batch, continues);
          })
          .iterator();
    };
  }

  private CausalBatch batch(LineBatch batch, boolean continues) {
    List<TokenLine> rows = new ArrayList<>(batch.lines().length);
    for (int line : batch.lines()) {
      rows.add(lines.line(line));
    }
    TokenBatch tokens = TokenBatch.of(rows.stream().map(TokenLine::ids).toList(), padId);
    int time = tokens.time();
    long[] targets = new long[rows.size() * time];
    boolean[] starts = new boolean[targets.length];
    Arrays.fill(targets, TokenLine.NO_TARGET);
    for (int row = 0; row < rows.size(); row++) {
      TokenLine line = rows.get(row);
      for (int i = 0; i < line.ids().length; i++) {
        targets[row * time + i] = line.targets()[i];
        starts[row * time + i] = line.starts()[i];
      }
    }
    return new CausalBatch(
        tokens.batch(),
        time,
        tokens.inputIds(),
        tokens.attentionMask(),
        targets,
        starts,
        tokens.padded(),
        continues);
  }
}
