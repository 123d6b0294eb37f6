package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.mneme.memory.TableGradient.Chunk;
import org.mneme.memory.kernel.RowGroups;
import org.mneme.tensor.Tensors;

/// The reads of a gradient in the order of the rows they read: rows rising, the reads of a row in
/// the order in which they came. A stable radix sort, whose cost depends on the reads and not on
/// the table.
final class RowOrder {
  private static final int BITS = 11;
  private static final int DIGITS = 1 << BITS;
  private static final long READ = 0xffffffffL;

  private RowOrder() {}

  /// Groups a gradient by row.
  ///
  /// @param products see [RowGroups]
  /// @throws IllegalArgumentException if a slot is outside the table
  static RowGroups group(TableGradient gradient, long products) {
    List<Chunk> chunks = gradient.chunks();
    long[] reads = reads(chunks, gradient.slots());
    for (int shift = 0;
        shift < Integer.SIZE && (gradient.slots() - 1) >> shift > 0;
        shift += BITS) {
      reads = sortByDigit(reads, Integer.SIZE + shift);
    }
    return grouped(reads, chunks, gradient.dim(), products);
  }

  /// Row and number of each read: the row in the upper half.
  private static long[] reads(List<Chunk> chunks, int slots) {
    long count = chunks.stream().mapToLong(chunk -> chunk.slots().numel()).sum();
    long[] reads = new long[Math.toIntExact(count)];
    int read = 0;
    for (Chunk chunk : chunks) {
      int[] rows = Tensors.memory(chunk.slots()).toArray(ValueLayout.JAVA_INT);
      for (int row : rows) {
        if (row < 0 || row >= slots) {
          throw new IllegalArgumentException("slot " + row + " is outside 0 to " + (slots - 1));
        }
        reads[read] = (long) row << Integer.SIZE | read;
        read++;
      }
    }
    return reads;
  }

  /// Sorts by one digit, keeping the order of equal ones.
  private static long[] sortByDigit(long[] reads, int shift) {
    int[] places = new int[DIGITS + 1];
    for (long read : reads) {
      places[(int) (read >>> shift & DIGITS - 1) + 1]++;
    }
    for (int digit = 0; digit < DIGITS; digit++) {
      places[digit + 1] += places[digit];
    }
    long[] sorted = new long[reads.length];
    for (long read : reads) {
      sorted[places[(int) (read >>> shift & DIGITS - 1)]++] = read;
    }
    return sorted;
  }

  private static RowGroups grouped(long[] reads, List<Chunk> chunks, int dim, long products) {
    float[] weights = new float[reads.length];
    long[] vectors = new long[reads.length];
    int[] numbers = new int[reads.length];
    int[] rows = new int[reads.length];
    int[] starts = new int[reads.length + 1];
    int groups = 0;
    Sources sources = new Sources(chunks, dim);
    for (int i = 0; i < reads.length; i++) {
      int row = (int) (reads[i] >>> Integer.SIZE);
      if (groups == 0 || rows[groups - 1] != row) {
        rows[groups] = row;
        starts[groups++] = i;
      }
      int read = (int) (reads[i] & READ);
      numbers[i] = read;
      int chunk = sources.chunk(read);
      weights[i] = sources.weight(chunk, read);
      vectors[i] = sources.vector(chunk, read);
    }
    starts[groups] = reads.length;
    return new RowGroups(
        Arrays.copyOf(rows, groups),
        Arrays.copyOf(starts, groups + 1),
        weights,
        vectors,
        numbers,
        products);
  }

  /// Where the weight and the vector of a read are.
  private static final class Sources {
    private final int[] ends;
    private final int[] perToken;
    private final MemorySegment[] weights;
    private final long[] vectors;
    private final long rowBytes;

    Sources(List<Chunk> chunks, int dim) {
      int count = chunks.size();
      ends = new int[count];
      perToken = new int[count];
      weights = new MemorySegment[count];
      vectors = new long[count];
      rowBytes = (long) dim * Float.BYTES;
      int end = 0;
      for (int i = 0; i < count; i++) {
        end += (int) chunks.get(i).slots().numel();
        ends[i] = end;
        perToken[i] = (int) chunks.get(i).slots().size(1);
        weights[i] = Tensors.memory(chunks.get(i).weights());
        vectors[i] = Tensors.memory(chunks.get(i).vectors()).address();
      }
    }

    int chunk(int read) {
      int chunk = 0;
      while (read >= ends[chunk]) {
        chunk++;
      }
      return chunk;
    }

    float weight(int chunk, int read) {
      return weights[chunk].getAtIndex(ValueLayout.JAVA_FLOAT, inChunk(chunk, read));
    }

    long vector(int chunk, int read) {
      return vectors[chunk] + inChunk(chunk, read) / perToken[chunk] * rowBytes;
    }

    private int inChunk(int chunk, int read) {
      return chunk == 0 ? read : read - ends[chunk - 1];
    }
  }
}
