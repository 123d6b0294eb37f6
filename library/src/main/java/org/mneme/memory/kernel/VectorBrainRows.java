package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Loops over rows of bfloat16 with the Vector API.
///
/// A vector of ints holds pairs of numbers: shifted up by half they are the even columns as
/// float32, masked the odd ones, both without a conversion. So sums are kept as even and odd
/// columns and put together at the end, once for all rows of a token.
final class VectorBrainRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LANES = FLOATS.length();
  private static final VectorShuffle<Float> ZIP_LOW = VectorShuffle.makeZip(FLOATS, 0);
  private static final VectorShuffle<Float> ZIP_HIGH = VectorShuffle.makeZip(FLOATS, 1);
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(FLOATS, 0);
  private static final VectorShuffle<Float> ODD = VectorShuffle.makeUnzip(FLOATS, 1);
  private static final IntVector PAIRS =
      IntVector.zero(INTS).addIndex(1).mul(BrainFloat.COLUMN_FACTOR);
  private static final int UPPER_HALF = 0xffff0000;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;
  private static final int SUMMED = 8; // rows in flight
  private static final int MULTIPLIED = 4;

  private VectorBrainRows() {}

  /// See [RowKernels#read].
  static void read(Rows table, Reads reads, long weights, long output, int from, int to) {
    int dim = table.dim();
    int half = (dim + 1) / 2;
    try (Scratch scratch = new Scratch(2 * half)) {
      long even = scratch.address();
      long odd = even + (long) half * Float.BYTES;
      for (int token = from; token < to; token++) {
        ALL.asSlice(even, 2L * half * Float.BYTES).fill((byte) 0);
        long first = (long) token * reads.perToken();
        int r = 0;
        for (; r + SUMMED <= reads.perToken(); r += SUMMED) {
          long read = first + r;
          long row0 = table.row(reads.slot(read));
          long row1 = table.row(reads.slot(read + 1));
          long row2 = table.row(reads.slot(read + 2));
          long row3 = table.row(reads.slot(read + 3));
          long row4 = table.row(reads.slot(read + 4));
          long row5 = table.row(reads.slot(read + 5));
          long row6 = table.row(reads.slot(read + 6));
          long row7 = table.row(reads.slot(read + 7));
          long w = weights + read * Float.BYTES;
          add8Even(even, dim, row0, row1, row2, row3, row4, row5, row6, row7, w);
          add8Odd(odd, dim, row0, row1, row2, row3, row4, row5, row6, row7, w);
        }
        for (; r < reads.perToken(); r++) {
          add(even, odd, dim, table.row(reads.slot(first + r)), number(weights, first + r));
        }
        zip(even, odd, output + (long) token * dim * Float.BYTES, dim);
      }
    }
  }

  /// See [RowKernels#dot].
  static void dot(Rows table, Reads reads, long vectors, long output, int from, int to) {
    int dim = table.dim();
    int half = (dim + 1) / 2;
    try (Scratch scratch = new Scratch(2 * half)) {
      long even = scratch.address();
      long odd = even + (long) half * Float.BYTES;
      for (int token = from; token < to; token++) {
        unzip(vectors + (long) token * dim * Float.BYTES, even, odd, dim);
        long first = (long) token * reads.perToken();
        int r = 0;
        for (; r + MULTIPLIED <= reads.perToken(); r += MULTIPLIED) {
          long read = first + r;
          dot4(
              even,
              odd,
              dim,
              table.row(reads.slot(read)),
              table.row(reads.slot(read + 1)),
              table.row(reads.slot(read + 2)),
              table.row(reads.slot(read + 3)),
              output + read * Float.BYTES);
        }
        for (; r < reads.perToken(); r++) {
          set(output, first + r, dotRest(even, odd, table.row(reads.slot(first + r)), 0, dim));
        }
      }
    }
  }

  /// float32 numbers of a row.
  static void expand(long row, long floats, int dim) {
    int j = 0;
    for (; j + 2 * LANES <= dim; j += 2 * LANES) {
      IntVector pairs = pairs(row + (long) j * Short.BYTES);
      FloatVector even = even(pairs);
      FloatVector odd = odd(pairs);
      long at = floats + (long) j * Float.BYTES;
      even.rearrange(ZIP_LOW, odd).intoMemorySegment(ALL, at, ORDER);
      even.rearrange(ZIP_HIGH, odd).intoMemorySegment(ALL, at + (long) LANES * Float.BYTES, ORDER);
    }
    for (; j < dim; j++) {
      set(floats, j, brain(row, j));
    }
  }

  /// A row from float32 numbers, rounded at random.
  static void round(long floats, long row, int dim, int rowSeed) {
    int j = 0;
    for (; j + 2 * LANES <= dim; j += 2 * LANES) {
      IntVector noise = PAIRS.add(rowSeed + (j >> 1) * BrainFloat.COLUMN_FACTOR);
      noise =
          noise
              .lanewise(VectorOperators.XOR, noise.lanewise(VectorOperators.LSHR, 16))
              .mul(BrainFloat.NOISE_FACTOR);
      noise = noise.lanewise(VectorOperators.XOR, noise.lanewise(VectorOperators.LSHR, 15));
      long at = floats + (long) j * Float.BYTES;
      FloatVector low = vector(at);
      FloatVector high = vector(at + (long) LANES * Float.BYTES);
      IntVector even = low.rearrange(EVEN, high).reinterpretAsInts();
      IntVector odd = low.rearrange(ODD, high).reinterpretAsInts();
      even.add(noise.and(BrainFloat.LOWER_HALF))
          .lanewise(VectorOperators.LSHR, Short.SIZE)
          .or(odd.add(noise.lanewise(VectorOperators.LSHR, Short.SIZE)).and(UPPER_HALF))
          .intoMemorySegment(ALL, row + (long) j * Short.BYTES, ORDER);
    }
    for (; j < dim; j++) {
      short rounded = BrainFloat.roundAtRandom(number(floats, j), BrainFloat.noise(rowSeed, j));
      ALL.set(JAVA_SHORT, row + (long) j * Short.BYTES, rounded);
    }
  }

  /// Adds eight weighted rows to the sums of even columns, then of odd ones: by the second time the
  /// rows are in the first cache. Both at once is more than the compiler takes into one method.
  // many parameters on purpose: an array of rows would be memory traffic in the inner loop
  @SuppressWarnings("TooManyParameters")
  private static void add8Even(
      long sums,
      int dim,
      long row0,
      long row1,
      long row2,
      long row3,
      long row4,
      long row5,
      long row6,
      long row7,
      long w) {
    FloatVector w0 = FloatVector.broadcast(FLOATS, number(w, 0));
    FloatVector w1 = FloatVector.broadcast(FLOATS, number(w, 1));
    FloatVector w2 = FloatVector.broadcast(FLOATS, number(w, 2));
    FloatVector w3 = FloatVector.broadcast(FLOATS, number(w, 3));
    FloatVector w4 = FloatVector.broadcast(FLOATS, number(w, 4));
    FloatVector w5 = FloatVector.broadcast(FLOATS, number(w, 5));
    FloatVector w6 = FloatVector.broadcast(FLOATS, number(w, 6));
    FloatVector w7 = FloatVector.broadcast(FLOATS, number(w, 7));
    int p = 0; // pairs
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      FloatVector sum = vector(sums + at);
      sum = even(pairs(row0 + at)).fma(w0, sum);
      sum = even(pairs(row1 + at)).fma(w1, sum);
      sum = even(pairs(row2 + at)).fma(w2, sum);
      sum = even(pairs(row3 + at)).fma(w3, sum);
      sum = even(pairs(row4 + at)).fma(w4, sum);
      sum = even(pairs(row5 + at)).fma(w5, sum);
      sum = even(pairs(row6 + at)).fma(w6, sum);
      sum = even(pairs(row7 + at)).fma(w7, sum);
      sum.intoMemorySegment(ALL, sums + at, ORDER);
    }
    for (int j = 2 * p + 0; j < dim; j += 2) {
      float sum = Math.fma(number(w, 0), brain(row0, j), number(sums, j / 2));
      sum = Math.fma(number(w, 1), brain(row1, j), sum);
      sum = Math.fma(number(w, 2), brain(row2, j), sum);
      sum = Math.fma(number(w, 3), brain(row3, j), sum);
      sum = Math.fma(number(w, 4), brain(row4, j), sum);
      sum = Math.fma(number(w, 5), brain(row5, j), sum);
      sum = Math.fma(number(w, 6), brain(row6, j), sum);
      sum = Math.fma(number(w, 7), brain(row7, j), sum);
      set(sums, j / 2, sum);
    }
  }

  @SuppressWarnings("TooManyParameters")
  private static void add8Odd(
      long sums,
      int dim,
      long row0,
      long row1,
      long row2,
      long row3,
      long row4,
      long row5,
      long row6,
      long row7,
      long w) {
    FloatVector w0 = FloatVector.broadcast(FLOATS, number(w, 0));
    FloatVector w1 = FloatVector.broadcast(FLOATS, number(w, 1));
    FloatVector w2 = FloatVector.broadcast(FLOATS, number(w, 2));
    FloatVector w3 = FloatVector.broadcast(FLOATS, number(w, 3));
    FloatVector w4 = FloatVector.broadcast(FLOATS, number(w, 4));
    FloatVector w5 = FloatVector.broadcast(FLOATS, number(w, 5));
    FloatVector w6 = FloatVector.broadcast(FLOATS, number(w, 6));
    FloatVector w7 = FloatVector.broadcast(FLOATS, number(w, 7));
    int p = 0; // pairs
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      FloatVector sum = vector(sums + at);
      sum = odd(pairs(row0 + at)).fma(w0, sum);
      sum = odd(pairs(row1 + at)).fma(w1, sum);
      sum = odd(pairs(row2 + at)).fma(w2, sum);
      sum = odd(pairs(row3 + at)).fma(w3, sum);
      sum = odd(pairs(row4 + at)).fma(w4, sum);
      sum = odd(pairs(row5 + at)).fma(w5, sum);
      sum = odd(pairs(row6 + at)).fma(w6, sum);
      sum = odd(pairs(row7 + at)).fma(w7, sum);
      sum.intoMemorySegment(ALL, sums + at, ORDER);
    }
    for (int j = 2 * p + 1; j < dim; j += 2) {
      float sum = Math.fma(number(w, 0), brain(row0, j), number(sums, j / 2));
      sum = Math.fma(number(w, 1), brain(row1, j), sum);
      sum = Math.fma(number(w, 2), brain(row2, j), sum);
      sum = Math.fma(number(w, 3), brain(row3, j), sum);
      sum = Math.fma(number(w, 4), brain(row4, j), sum);
      sum = Math.fma(number(w, 5), brain(row5, j), sum);
      sum = Math.fma(number(w, 6), brain(row6, j), sum);
      sum = Math.fma(number(w, 7), brain(row7, j), sum);
      set(sums, j / 2, sum);
    }
  }

  private static void add(long even, long odd, int dim, long row, float weight) {
    FloatVector w = FloatVector.broadcast(FLOATS, weight);
    int p = 0;
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      IntVector pairs = pairs(row + at);
      even(pairs).fma(w, vector(even + at)).intoMemorySegment(ALL, even + at, ORDER);
      odd(pairs).fma(w, vector(odd + at)).intoMemorySegment(ALL, odd + at, ORDER);
    }
    for (int j = 2 * p; j < dim; j++) {
      long sums = (j & 1) == 0 ? even : odd;
      set(sums, j / 2, Math.fma(weight, brain(row, j), number(sums, j / 2)));
    }
  }

  private static void dot4(
      long even, long odd, int dim, long row0, long row1, long row2, long row3, long out) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int p = 0;
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      FloatVector x = vector(even + at);
      FloatVector y = vector(odd + at);
      IntVector pairs0 = pairs(row0 + at);
      IntVector pairs1 = pairs(row1 + at);
      IntVector pairs2 = pairs(row2 + at);
      IntVector pairs3 = pairs(row3 + at);
      sum0 = odd(pairs0).fma(y, even(pairs0).fma(x, sum0));
      sum1 = odd(pairs1).fma(y, even(pairs1).fma(x, sum1));
      sum2 = odd(pairs2).fma(y, even(pairs2).fma(x, sum2));
      sum3 = odd(pairs3).fma(y, even(pairs3).fma(x, sum3));
    }
    set(out, 0, sum0.reduceLanes(VectorOperators.ADD) + dotRest(even, odd, row0, 2 * p, dim));
    set(out, 1, sum1.reduceLanes(VectorOperators.ADD) + dotRest(even, odd, row1, 2 * p, dim));
    set(out, 2, sum2.reduceLanes(VectorOperators.ADD) + dotRest(even, odd, row2, 2 * p, dim));
    set(out, 3, sum3.reduceLanes(VectorOperators.ADD) + dotRest(even, odd, row3, 2 * p, dim));
  }

  private static float dotRest(long even, long odd, long row, int from, int dim) {
    float sum = 0;
    for (int j = from; j < dim; j++) {
      sum = Math.fma(brain(row, j), number((j & 1) == 0 ? even : odd, j / 2), sum);
    }
    return sum;
  }

  /// Puts even and odd columns together.
  private static void zip(long even, long odd, long output, int dim) {
    int p = 0;
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      FloatVector x = vector(even + at);
      FloatVector y = vector(odd + at);
      x.rearrange(ZIP_LOW, y).intoMemorySegment(ALL, output + 2 * at, ORDER);
      x.rearrange(ZIP_HIGH, y)
          .intoMemorySegment(ALL, output + 2 * at + (long) LANES * Float.BYTES, ORDER);
    }
    for (int j = 2 * p; j < dim; j++) {
      set(output, j, number((j & 1) == 0 ? even : odd, j / 2));
    }
  }

  /// Takes even and odd columns apart.
  private static void unzip(long vector, long even, long odd, int dim) {
    int p = 0;
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      FloatVector x = vector(vector + 2 * at);
      FloatVector y = vector(vector + 2 * at + (long) LANES * Float.BYTES);
      x.rearrange(EVEN, y).intoMemorySegment(ALL, even + at, ORDER);
      x.rearrange(ODD, y).intoMemorySegment(ALL, odd + at, ORDER);
    }
    for (int j = 2 * p; j < dim; j++) {
      set((j & 1) == 0 ? even : odd, j / 2, number(vector, j));
    }
  }

  private static IntVector pairs(long address) {
    return IntVector.fromMemorySegment(INTS, ALL, address, ORDER);
  }

  private static FloatVector even(IntVector pairs) {
    return pairs.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
  }

  private static FloatVector odd(IntVector pairs) {
    return pairs.and(UPPER_HALF).reinterpretAsFloats();
  }

  private static FloatVector vector(long address) {
    return FloatVector.fromMemorySegment(FLOATS, ALL, address, ORDER);
  }

  private static float brain(long row, int column) {
    return BrainFloat.expand(ALL.get(JAVA_SHORT, row + (long) column * Short.BYTES));
  }

  private static float number(long address, long index) {
    return ALL.get(JAVA_FLOAT, address + index * Float.BYTES);
  }

  private static void set(long address, long index, float number) {
    ALL.set(JAVA_FLOAT, address + index * Float.BYTES, number);
  }
}
