package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.SlotCounts.Measure;

/// What one memory layer read in some stretch of its work, see [Usage]. Safe for several threads.
public final class UsageWindow implements AutoCloseable {
  private final Usage usage;
  private final ReadListener listener;
  private final long mostTokens;
  private @Nullable SlotCounts counts;
  private long tokens;
  private boolean closed;

  /// @param mostTokens after which it begins anew
  UsageWindow(Usage usage, ReadListener listener, long mostTokens) {
    this.usage = usage;
    this.listener = listener;
    this.mostTokens = mostTokens;
  }

  /// A slot and what it got.
  ///
  /// @param share of the weight of all reads, in [0, 1]
  /// @param reads of all heads
  public record SlotShare(int slot, double share, long reads) {}

  /// Tokens that read.
  public long tokens() {
    synchronized (usage) {
      return tokens;
    }
  }

  /// The figures of the layer and of each head. Sorts the slots four times for each: 0.2 seconds
  /// for a quarter of a million slots and four heads.
  public UsageReport report() {
    List<UsageReport> heads =
        IntStream.range(0, usage.heads())
            .mapToObj(head -> report(head, head + 1, List.of()))
            .toList();
    return report(0, usage.heads(), heads);
  }

  /// The figures of the layer alone.
  public UsageReport total() {
    return report(0, usage.heads(), List.of());
  }

  private UsageReport report(int from, int to, List<UsageReport> heads) {
    long read = tokens();
    long topReads = read * (to - from);
    return new UsageReport(
        usage.slots(),
        read,
        topReads * usage.slotsPerHead(),
        topReads,
        Spread.of(sums(from, to, Measure.WEIGHT)),
        Spread.of(sums(from, to, Measure.COUNT)),
        Spread.of(sums(from, to, Measure.TOP1_WEIGHT)),
        Spread.of(sums(from, to, Measure.TOP1_COUNT)),
        heads);
  }

  /// How often each slot was read, by all heads, `[slots]`.
  public double[] reads() {
    return sums(0, usage.heads(), Measure.COUNT);
  }

  /// What heads `from` to `to` (exclusive) have of each slot, `[slots]`.
  private double[] sums(int from, int to, Measure measure) {
    double[] sums = new double[usage.slots()];
    synchronized (usage) { // not while slots are sorted: those who read would wait
      if (closed) {
        throw new IllegalStateException("the window is closed; ask before it is");
      }
      if (counts != null) {
        for (int head = from; head < to; head++) {
          counts.addTo(sums, head, measure);
        }
      }
    }
    return sums;
  }

  /// The `most` slots of the largest weight, the heaviest first, of equals the lower slot; none
  /// without weight.
  public List<SlotShare> heaviest(int most) {
    double[] weights = sums(0, usage.heads(), Measure.WEIGHT);
    double[] reads = sums(0, usage.heads(), Measure.COUNT);
    double all = Arrays.stream(weights).sum();
    PriorityQueue<Integer> lightestFirst =
        new PriorityQueue<>((a, b) ->
            weights[a] == weights[b]
                ? Integer.compare(b, a)
                : Double.compare(weights[a], weights[b]));
    for (int slot = 0; slot < weights.length; slot++) {
      if (weights[slot] > 0) {
        lightestFirst.add(slot);
        if (lightestFirst.size() > most) {
          lightestFirst.remove();
        }
      }
    }
    List<SlotShare> slots = new ArrayList<>();
    while (!lightestFirst.isEmpty()) {
      int slot = lightestFirst.remove();
      slots.addFirst(new SlotShare(slot, weights[slot] / all, (long) reads[slot]));
    }
    return slots;
  }

  /// Counts the reads of some tokens. The caller has `usage` locked.
  void count(MemorySegment slots, MemorySegment weights, int tokens) {
    if (this.tokens + tokens > mostTokens && counts != null) {
      counts.clear();
      this.tokens = 0;
    }
    if (counts == null) {
      counts = usage.newCounts();
    }
    counts.count(slots, weights, tokens);
    this.tokens += tokens;
    listener.read(slots, weights, tokens);
  }

  /// Ends the window: its counts are gone, and what is read from now on is counted where it was
  /// before.
  @Override
  public void close() {
    synchronized (usage) {
      if (!closed) {
        closed = true;
        usage.ended(this, counts);
        counts = null;
      }
    }
  }
}
