package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Counts what one memory layer reads, slot by slot and head by head: always, in training and in
/// serving alike.
///
/// Reads go into a running window, which [#take()] hands out before another begins. While
/// [#measure()] is open they go into its window alone, so that an evaluation in the middle of a
/// training run finds its own figures and leaves those of the training as they were.
///
/// Takes 16 bytes for each slot and head, from the first read on and only for pages of slots that
/// are read: 16 MB for 262,144 slots and 4 heads, a gigabyte for 16 million of which every one is
/// read, and as much again while a window is measured or was taken. Safe for several threads.
public final class Usage {
  /// Tokens after which a running window that nobody takes, as in serving, begins anew, so that
  /// sums stay exact.
  static final long MOST_TOKENS = 1L << 22;

  /// Tokens after which a measured one does, so that counts cannot overflow.
  private static final long MOST_MEASURED_TOKENS = Integer.MAX_VALUE;

  private static final ReadListener NOBODY = (slots, weights, tokens) -> {};

  private final int slots;
  private final int heads;
  private final int slotsPerHead;
  private UsageWindow running;
  private final Deque<UsageWindow> measured = new ArrayDeque<>();
  private final List<ReadListener> listeners = new ArrayList<>();

  /// The counts of a window that ended, cleared: the next one's. Without it, windows would pile up
  /// until the next garbage collection, which off-heap memory does not bring about.
  private @Nullable SlotCounts spare;

  /// Counts of nothing yet.
  public Usage(int slots, int heads, int slotsPerHead) {
    this.slots = slots;
    this.heads = heads;
    this.slotsPerHead = slotsPerHead;
    running = new UsageWindow(this, NOBODY, MOST_TOKENS);
  }

  /// Counts the reads of some tokens. The heaviest read of each head, of equals the first, is its
  /// top-1 read.
  ///
  /// @param slots `[tokens, heads, slotsPerHead]` int32
  /// @param weights `[tokens, heads, slotsPerHead]` float32, none of them negative
  public synchronized void count(MemorySegment slots, MemorySegment weights, int tokens) {
    if (tokens == 0) {
      return;
    }
    if (!measured.isEmpty()) {
      measured.getFirst().count(slots, weights, tokens);
      return;
    }
    running.count(slots, weights, tokens);
    listeners.forEach(listener -> listener.read(slots, weights, tokens));
  }

  /// Tells `listener` of every read that is not measured, until [#ignore].
  public synchronized void follow(ReadListener listener) {
    listeners.add(listener);
  }

  /// Tells `listener` no more.
  public synchronized void ignore(ReadListener listener) {
    listeners.remove(listener);
  }

  /// What was read since the last time, reads that were measured left out. The caller closes it.
  public synchronized UsageWindow take() {
    UsageWindow taken = running;
    running = new UsageWindow(this, NOBODY, MOST_TOKENS);
    return taken;
  }

  /// A window over what is read until it is closed. Windows may be nested: a read is counted in the
  /// innermost alone.
  public UsageWindow measure() {
    return measure(NOBODY);
  }

  /// The same, with someone who is told of every read.
  public synchronized UsageWindow measure(ReadListener listener) {
    UsageWindow window = new UsageWindow(this, listener, MOST_MEASURED_TOKENS);
    measured.addFirst(window);
    return window;
  }

  int slots() {
    return slots;
  }

  int heads() {
    return heads;
  }

  int slotsPerHead() {
    return slotsPerHead;
  }

  /// Counts for a window, all zero. The caller has this object locked.
  SlotCounts newCounts() {
    SlotCounts counts = spare;
    spare = null;
    return counts != null ? counts : new SlotCounts(slots, heads, slotsPerHead);
  }

  /// Takes back what a window had. The caller has this object locked.
  void ended(UsageWindow window, @Nullable SlotCounts counts) {
    measured.remove(window);
    if (counts != null && spare == null) {
      counts.clear();
      spare = counts;
    }
  }
}
