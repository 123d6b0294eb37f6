package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
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
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final VectorShuffle<Float> ZIP_LOW = VectorShuffle.makeZip(FLOATS, 0);
  private static final VectorShuffle<Float> ZIP_HIGH = VectorShuffle.makeZip(FLOATS, 1);
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(FLOATS, 0);
  private static final VectorShuffle<Float> ODD = VectorShuffle.makeUnzip(FLOATS, 1);
  private static final IntVector COLUMNS =
      IntVector.zero(INTS).addIndex(1).mul(BrainFloat.COLUMN_FACTOR);
  private static final int UPPER_HALF = 0xffff0000;
  private static final int EXPONENT = 0x7f800000;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;
  private static final int TOGETHER = 4;

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
        for (; r + TOGETHER <= reads.perToken(); r += TOGETHER) {
          long read = first + r;
          add4(
              even,
              odd,
              dim,
              table.row(reads.slot(read)),
              table.row(reads.slot(read + 1)),
              table.row(reads.slot(read + 2)),
              table.row(reads.slot(read + 3)),
              weights + read * Float.BYTES);
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
        for (; r + TOGETHER <= reads.perToken(); r += TOGETHER) {
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
    for (; j + LANES <= dim; j += LANES) {
      ShortVector.fromMemorySegment(SHORTS, ALL, row + (long) j * Short.BYTES, ORDER)
          .convertShape(VectorOperators.S2I, INTS, 0)
          .reinterpretAsInts()
          .lanewise(VectorOperators.LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .intoMemorySegment(ALL, floats + (long) j * Float.BYTES, ORDER);
    }
    for (; j < dim; j++) {
      set(floats, j, brain(row, j));
    }
  }

  /// A row from float32 numbers, rounded at random.
  static void round(long floats, long row, int dim, int rowSeed) {
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      IntVector bits =
          FloatVector.fromMemorySegment(FLOATS, ALL, floats + (long) j * Float.BYTES, ORDER)
              .reinterpretAsInts();
      VectorMask<Integer> finite = bits.and(EXPONENT).compare(VectorOperators.NE, EXPONENT);
      IntVector noise = COLUMNS.add(rowSeed + j * BrainFloat.COLUMN_FACTOR);
      noise =
          noise
              .lanewise(VectorOperators.XOR, noise.lanewise(VectorOperators.LSHR, 16))
              .mul(BrainFloat.NOISE_FACTOR1);
      noise =
          noise
              .lanewise(VectorOperators.XOR, noise.lanewise(VectorOperators.LSHR, 13))
              .mul(BrainFloat.NOISE_FACTOR2);
      bits.add(noise.lanewise(VectorOperators.LSHR, 16), finite)
          .lanewise(VectorOperators.LSHR, Short.SIZE)
          .convertShape(VectorOperators.I2S, SHORTS, 0)
          .reinterpretAsShorts()
          .intoMemorySegment(ALL, row + (long) j * Short.BYTES, ORDER);
    }
    for (; j < dim; j++) {
      short rounded = BrainFloat.roundAtRandom(number(floats, j), BrainFloat.noise(rowSeed, j));
      ALL.set(JAVA_SHORT, row + (long) j * Short.BYTES, rounded);
    }
  }

  /// Adds four weighted rows to the sums of even and odd columns.
  // many parameters on purpose: an array of rows would be memory traffic in the inner loop
  @SuppressWarnings("TooManyParameters")
  private static void add4(
      long even, long odd, int dim, long row0, long row1, long row2, long row3, long w) {
    FloatVector w0 = FloatVector.broadcast(FLOATS, number(w, 0));
    FloatVector w1 = FloatVector.broadcast(FLOATS, number(w, 1));
    FloatVector w2 = FloatVector.broadcast(FLOATS, number(w, 2));
    FloatVector w3 = FloatVector.broadcast(FLOATS, number(w, 3));
    int p = 0; // pairs
    for (; p + LANES <= dim / 2; p += LANES) {
      long at = (long) p * Float.BYTES;
      FloatVector sum0 = vector(even + at);
      FloatVector sum1 = vector(odd + at);
      IntVector pairs = pairs(row0 + at);
      sum0 = even(pairs).fma(w0, sum0);
      sum1 = odd(pairs).fma(w0, sum1);
      pairs = pairs(row1 + at);
      sum0 = even(pairs).fma(w1, sum0);
      sum1 = odd(pairs).fma(w1, sum1);
      pairs = pairs(row2 + at);
      sum0 = even(pairs).fma(w2, sum0);
      sum1 = odd(pairs).fma(w2, sum1);
      pairs = pairs(row3 + at);
      sum0 = even(pairs).fma(w3, sum0);
      sum1 = odd(pairs).fma(w3, sum1);
      sum0.intoMemorySegment(ALL, even + at, ORDER);
      sum1.intoMemorySegment(ALL, odd + at, ORDER);
    }
    for (int j = 2 * p; j < dim; j++) {
      long sums = (j & 1) == 0 ? even : odd;
      float sum = Math.fma(number(w, 0), brain(row0, j), number(sums, j / 2));
      sum = Math.fma(number(w, 1), brain(row1, j), sum);
      sum = Math.fma(number(w, 2), brain(row2, j), sum);
      set(sums, j / 2, Math.fma(number(w, 3), brain(row3, j), sum));
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
