package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Counts, slot by slot and head by head, what one memory layer reads while recording is on, in
/// training and in evaluation alike. Off at first, and then free of cost.
///
/// Recording takes 32 bytes for each slot and head. Safe for several threads.
public final class Usage {
  private final SparseMemoryConfig config;
  private List<Tally> heads = List.of();
  private long tokens;
  private boolean recording;

  Usage(SparseMemoryConfig config) {
    this.config = config;
  }

  /// Whether reads are being counted.
  public synchronized boolean recording() {
    return recording;
  }

  /// Begins to count, in addition to what was counted before.
  public synchronized void start() {
    if (heads.isEmpty()) {
      heads = emptyHeads();
    }
    recording = true;
  }

  /// Counts no more, but keeps what was counted.
  public synchronized void stop() {
    recording = false;
  }

  /// Forgets what was counted. Recording stays on or off.
  public synchronized void reset() {
    tokens = 0;
    heads = recording ? emptyHeads() : List.of();
  }

  /// The figures of what was counted so far.
  public synchronized UsageReport report() {
    List<Tally> counted = heads.isEmpty() ? emptyHeads() : heads;
    Tally all = new Tally(config.slots());
    counted.forEach(all::add);
    return report(all, counted.size(), counted.stream().map(t -> report(t, 1, List.of())).toList());
  }

  private UsageReport report(Tally tally, int heads, List<UsageReport> byHead) {
    long topReads = tokens * heads;
    return new UsageReport(
        config.slots(),
        tokens,
        topReads * config.slotsPerHead(),
        topReads,
        Spread.of(tally.weight),
        Spread.of(tally.count),
        Spread.of(tally.topWeight),
        Spread.of(tally.topCount),
        byHead);
  }

  private List<Tally> emptyHeads() {
    Tally[] empty = new Tally[config.heads()];
    Arrays.setAll(empty, head -> new Tally(config.slots()));
    return List.of(empty);
  }

  /// Counts the reads of some tokens, if recording.
  ///
  /// @param slots `[tokens, heads, slotsPerHead]`
  /// @param weights `[tokens, heads, slotsPerHead]` float32 or float64
  synchronized void count(long[] slots, Tensor weights) {
    if (!recording) {
      return;
    }
    try (var scope = new TensorScope()) {
      Tensor wide = weights.detach().to(torch.ScalarType.Double).contiguous();
      MemorySegment memory = Tensors.memory(wide);
      int k = config.slotsPerHead();
      int groups = slots.length / k;
      for (int group = 0; group < groups; group++) {
        heads.get(group % config.heads()).count(slots, memory, group * k, k);
      }
      tokens += groups / config.heads();
    }
  }

  /// What one head, or all together, read of each slot. Counts are float64 too: exact to 2^53.
  private static final class Tally {
    final double[] weight;
    final double[] count;
    final double[] topWeight;
    final double[] topCount;

    Tally(int slots) {
      weight = new double[slots];
      count = new double[slots];
      topWeight = new double[slots];
      topCount = new double[slots];
    }

    /// Counts the `k` reads at `from`; the top-1 read is the first of the heaviest.
    void count(long[] slots, MemorySegment weights, int from, int k) {
      int top = (int) slots[from];
      double heaviest = weights.getAtIndex(ValueLayout.JAVA_DOUBLE, from);
      for (int i = from; i < from + k; i++) {
        int slot = (int) slots[i];
        double share = weights.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        weight[slot] += share;
        count[slot]++;
        if (share > heaviest) {
          heaviest = share;
          top = slot;
        }
      }
      topWeight[top] += heaviest;
      topCount[top]++;
    }

    void add(Tally other) {
      for (int slot = 0; slot < weight.length; slot++) {
        weight[slot] += other.weight[slot];
        count[slot] += other.count[slot];
        topWeight[slot] += other.topWeight[slot];
        topCount[slot] += other.topCount[slot];
      }
    }
  }
}
