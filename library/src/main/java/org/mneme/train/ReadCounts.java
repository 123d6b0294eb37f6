package org.mneme.train;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.memory.ReadListener;

/// Reads of parts of a memory since the last revival, in groups that are judged by themselves.
/// Whole numbers, so that it does not matter who counts first.
final class ReadCounts {
  private final long[] reads; // [groups, size]
  private final int size;

  /// @param groups such as the keys of one side of one head
  /// @param size parts in a group
  ReadCounts(int groups, int size) {
    this.size = size;
    reads = new long[Math.multiplyExact(groups, size)];
  }

  /// Parts that are to be drawn anew, and for each the part that it becomes a copy of, as places in
  /// all groups.
  record Redraw(int[] dead, int[] models) {}

  /// Counts every slot, whoever reads it.
  ReadListener ofSlots(int readsPerToken) {
    return (slots, weights, tokens) -> {
      for (int i = 0; i < tokens * readsPerToken; i++) {
        reads[slots.getAtIndex(ValueLayout.JAVA_INT, i)]++;
      }
    };
  }

  /// Counts keys, head by head. Of product keys each read counts for one half-key on either side.
  ///
  /// @param sides 2 for product keys, 1 for flat ones
  ReadListener ofKeys(int heads, int sides, int slotsPerHead) {
    return (slots, weights, tokens) -> {
      for (int group = 0; group < tokens * heads; group++) {
        int first = group % heads * sides * size;
        countKeys(slots, group * slotsPerHead, slotsPerHead, first, sides);
      }
    };
  }

  private void countKeys(MemorySegment slots, int from, int count, int first, int sides) {
    for (int i = from; i < from + count; i++) {
      int slot = slots.getAtIndex(ValueLayout.JAVA_INT, i);
      if (sides == 1) {
        reads[first + slot]++;
      } else {
        reads[first + slot / size]++;
        reads[first + size + slot % size]++;
      }
    }
  }

  /// What got less than `threshold` of an even share of its group, with models drawn by their reads
  /// from the others of the group.
  Redraw redraw(double threshold, SplittableRandom random) {
    IntStream.Builder dead = IntStream.builder();
    IntStream.Builder models = IntStream.builder();
    for (int first = 0; first < reads.length; first += size) {
      long all = 0;
      for (int i = first; i < first + size; i++) {
        all += reads[i];
      }
      double least = threshold * all / size;
      long[] until = new long[size]; // reads of the living up to each
      long living = 0;
      for (int i = 0; i < size; i++) {
        living += reads[first + i] < least ? 0 : reads[first + i];
        until[i] = living;
      }
      for (int i = 0; i < size; i++) {
        if (reads[first + i] < least) {
          dead.add(first + i);
          models.add(first + firstAbove(until, random.nextLong(living)));
        }
      }
    }
    return new Redraw(dead.build().toArray(), models.build().toArray());
  }

  /// The first place whose number is above `value`.
  private static int firstAbove(long[] rising, long value) {
    int low = 0;
    int high = rising.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (rising[middle] > value) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /// Begins anew.
  void clear() {
    Arrays.fill(reads, 0);
  }

  /// The counts.
  long[] toArray() {
    return reads.clone();
  }

  /// Goes on from counts that [#toArray()] gave.
  ///
  /// @param name of the parameter, for errors
  /// @throws InvalidInputException of kind WEIGHTS where they are counts of something else
  void restore(String name, long[] counts) {
    if (counts.length != reads.length) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          name,
          ("%s: the checkpoint counted reads of %d parts, there are %d; go on with the memory it"
                  + " was saved with, or with train.revival.target: nothing")
              .formatted(name, counts.length, reads.length));
    }
    System.arraycopy(counts, 0, reads, 0, reads.length);
  }
}
