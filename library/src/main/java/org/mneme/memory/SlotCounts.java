package org.mneme.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.mneme.tensor.ZeroPages;

/// How often, and with what weight, each head read each slot, and the same of its top-1 reads.
///
/// For each slot and head there are two cells of 8 bytes, one of them for top-1 reads, each a count
/// and a sum of weights. A read costs one access to memory, at random; so a cell is as small as can
/// be, and those of top-1 reads, of which there are few, lie apart. Pages that no read touches cost
/// nothing. Sums are float32, which is exact enough for windows: of a slot that was read 2^18 times
/// the sum is right to 1e-5, after 2^22 times to 1e-3; reports add slots up in float64. Not
/// thread-safe.
final class SlotCounts {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final long CELL = 8;
  private static final long SUM = 4;

  /// Reads from which on it pays to wake other threads.
  private static final int PARALLEL_READS = 1 << 15;

  private final int slots;
  private final int heads;
  private final int slotsPerHead;
  private final MemorySegment cells; // [heads, 2, slots]: all reads, top-1 reads

  /// A number that is kept of each slot.
  enum Measure {
    COUNT(0, 0),
    WEIGHT(0, SUM),
    TOP1_COUNT(1, 0),
    TOP1_WEIGHT(1, SUM);

    private final int part;
    private final long offset;

    Measure(int part, long offset) {
      this.part = part;
      this.offset = offset;
    }
  }

  SlotCounts(int slots, int heads, int slotsPerHead) {
    this.slots = slots;
    this.heads = heads;
    this.slotsPerHead = slotsPerHead;
    cells = ZeroPages.allocate(2L * heads * slots * CELL, Arena.ofAuto());
  }

  /// Back to zero.
  void clear() {
    ZeroPages.clear(cells);
  }

  /// Counts the reads of some tokens, each head on one thread: the same bits whatever their number.
  ///
  /// @param slots `[tokens, heads, slotsPerHead]` int32
  /// @param weights `[tokens, heads, slotsPerHead]` float32
  void count(MemorySegment slots, MemorySegment weights, int tokens) {
    IntStream all = IntStream.range(0, heads);
    boolean many = (long) tokens * heads * slotsPerHead >= PARALLEL_READS;
    (many ? all.parallel() : all).forEach(head -> count(head, slots, weights, tokens));
  }

  private void count(int head, MemorySegment slots, MemorySegment weights, int tokens) {
    MemorySegment reads = cells(head, 0);
    MemorySegment tops = cells(head, 1);
    long stride = (long) heads * slotsPerHead;
    long from = (long) head * slotsPerHead;
    for (int token = 0; token < tokens; token++, from += stride) {
      int top = slots.getAtIndex(INT, from);
      float heaviest = weights.getAtIndex(FLOAT, from);
      for (int i = 0; i < slotsPerHead; i++) {
        int slot = slots.getAtIndex(INT, from + i);
        float weight = weights.getAtIndex(FLOAT, from + i);
        add(reads, slot, weight);
        if (weight > heaviest) {
          heaviest = weight;
          top = slot;
        }
      }
      add(tops, top, heaviest);
    }
  }

  private static void add(MemorySegment cells, int slot, float weight) {
    long cell = slot * CELL;
    cells.set(INT, cell, cells.get(INT, cell) + 1);
    cells.set(FLOAT, cell + SUM, cells.get(FLOAT, cell + SUM) + weight);
  }

  private MemorySegment cells(int head, int part) {
    long bytes = slots * CELL;
    return cells.asSlice((2L * head + part) * bytes, bytes);
  }

  /// Adds `measure` of each slot, as that head read it, to `sums` `[slots]`.
  void addTo(double[] sums, int head, Measure measure) {
    MemorySegment own = cells(head, measure.part);
    for (int slot = 0; slot < slots; slot++) {
      long at = slot * CELL + measure.offset;
      sums[slot] += measure.offset == SUM ? own.get(FLOAT, at) : own.get(INT, at);
    }
  }
}
