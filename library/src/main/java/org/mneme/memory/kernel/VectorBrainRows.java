package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Loops over rows of bfloat16 with the Vector API: as those of [VectorRowKernels], each vector of
/// halves widened and shifted up on its way.
final class VectorBrainRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final IntVector COLUMNS =
      IntVector.zero(INTS).addIndex(1).mul(BrainFloat.COLUMN_FACTOR);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorBrainRows() {}

  /// `out += sum of w[i] * row i`, the weights one after another at address `w`.
  // many parameters on purpose: an array of rows would be memory traffic in the inner loop
  @SuppressWarnings("TooManyParameters")
  static void add8(
      long out,
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
    float w0 = number(w, 0);
    float w1 = number(w, 1);
    float w2 = number(w, 2);
    float w3 = number(w, 3);
    float w4 = number(w, 4);
    float w5 = number(w, 5);
    float w6 = number(w, 6);
    float w7 = number(w, 7);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, out + 2 * at, ORDER);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row0 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w0), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row1 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w1), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row2 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w2), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row3 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w3), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row4 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w4), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row5 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w5), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row6 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w6), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row7 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w7), sum);
      sum.intoMemorySegment(ALL, out + 2 * at, ORDER);
    }
    for (; j < dim; j++) {
      float sum = Math.fma(w0, brain(row0, j), number(out, j));
      sum = Math.fma(w1, brain(row1, j), sum);
      sum = Math.fma(w2, brain(row2, j), sum);
      sum = Math.fma(w3, brain(row3, j), sum);
      sum = Math.fma(w4, brain(row4, j), sum);
      sum = Math.fma(w5, brain(row5, j), sum);
      sum = Math.fma(w6, brain(row6, j), sum);
      sum = Math.fma(w7, brain(row7, j), sum);
      set(out, j, sum);
    }
  }

  /// `out += weight * row`
  static void add(long out, int dim, long row, float weight) {
    FloatVector w = FloatVector.broadcast(FLOATS, weight);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      ((IntVector)
              ShortVector.fromMemorySegment(SHORTS, ALL, row + at, ORDER)
                  .convertShape(VectorOperators.S2I, INTS, 0))
          .lanewise(VectorOperators.LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .fma(w, FloatVector.fromMemorySegment(FLOATS, ALL, out + 2 * at, ORDER))
          .intoMemorySegment(ALL, out + 2 * at, ORDER);
    }
    for (; j < dim; j++) {
      set(out, j, Math.fma(weight, brain(row, j), number(out, j)));
    }
  }

  /// The products of `vector` with four rows, into four numbers at `out`.
  static void dot4(long vector, int dim, long row0, long row1, long row2, long row3, long out) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, vector + 2 * at, ORDER);
      sum0 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row0 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum0);
      sum1 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row1 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum1);
      sum2 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row2 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum2);
      sum3 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row3 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum3);
    }
    set(out, 0, LaneSum.of(sum0) + dotTail(vector, row0, j, dim));
    set(out, 1, LaneSum.of(sum1) + dotTail(vector, row1, j, dim));
    set(out, 2, LaneSum.of(sum2) + dotTail(vector, row2, j, dim));
    set(out, 3, LaneSum.of(sum3) + dotTail(vector, row3, j, dim));
  }

  static float dot1(long vector, int dim, long row) {
    FloatVector sum = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, vector + 2 * at, ORDER), sum);
    }
    return LaneSum.of(sum) + dotTail(vector, row, j, dim);
  }

  private static float dotTail(long vector, long row, int from, int dim) {
    float sum = 0;
    for (int j = from; j < dim; j++) {
      sum = Math.fma(brain(row, j), number(vector, j), sum);
    }
    return sum;
  }

  /// float32 numbers of a row.
  static void expand(long row, long floats, int dim) {
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      ((IntVector)
              ShortVector.fromMemorySegment(SHORTS, ALL, row + at, ORDER)
                  .convertShape(VectorOperators.S2I, INTS, 0))
          .lanewise(VectorOperators.LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .intoMemorySegment(ALL, floats + 2 * at, ORDER);
    }
    for (; j < dim; j++) {
      set(floats, j, brain(row, j));
    }
  }

  /// A row from float32 numbers, rounded at random.
  static void round(long floats, long row, int dim, int rowSeed, BrainFloat.Kind kind) {
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      IntVector hash = COLUMNS.add(rowSeed + j * BrainFloat.COLUMN_FACTOR);
      hash =
          hash.lanewise(VectorOperators.XOR, hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .mul(BrainFloat.NOISE_FACTOR);
      for (int i = 0; i < kind.mixings(); i++) {
        hash = hash.mul(BrainFloat.NOISE_FACTOR);
      }
      IntVector rounded =
          FloatVector.fromMemorySegment(FLOATS, ALL, floats + 2 * at, ORDER)
              .reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.LSHR, Short.SIZE);
      ((ShortVector) rounded.convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(ALL, row + at, ORDER);
    }
    for (; j < dim; j++) {
      put(row, j, number(floats, j), rowSeed, kind);
    }
  }

  private static void put(long row, int column, float number, int rowSeed, BrainFloat.Kind kind) {
    int noise = BrainFloat.noise(BrainFloat.hash(rowSeed, column), kind);
    ALL.set(JAVA_SHORT, row + (long) column * Short.BYTES, BrainFloat.roundAtRandom(number, noise));
  }

  /// Adam for one row of which values and moments are of bfloat16, as [VectorRowKernels#adamRow]
  /// does for float32.
  static float adamRow(
      long v, long m, long s, long gradient, float factor, int dim, AdamStep step, int rowSeed) {
    FloatVector product = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Short.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gradient + 2 * at, ORDER);
      FloatVector old =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, v + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats();
      product = old.fma(g, product);
      g = g.mul(factor);
      FloatVector mean =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, m + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats();
      mean = g.sub(mean).fma(FloatVector.broadcast(FLOATS, step.new1()), mean);
      FloatVector square =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, s + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats();
      square = g.mul(g).sub(square).fma(FloatVector.broadcast(FLOATS, step.new2()), square);
      FloatVector value =
          mean.div(square.sqrt().add(step.epsilon()))
              .fma(FloatVector.broadcast(FLOATS, -step.stepSize()), old);
      IntVector hash = COLUMNS.add(rowSeed + j * BrainFloat.COLUMN_FACTOR);
      hash =
          hash.lanewise(VectorOperators.XOR, hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .mul(BrainFloat.NOISE_FACTOR);
      ((ShortVector)
              value
                  .reinterpretAsInts()
                  .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
                  .lanewise(VectorOperators.LSHR, Short.SIZE)
                  .convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(ALL, v + at, ORDER);
      hash = hash.mul(BrainFloat.NOISE_FACTOR);
      ((ShortVector)
              mean.reinterpretAsInts()
                  .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
                  .lanewise(VectorOperators.LSHR, Short.SIZE)
                  .convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(ALL, m + at, ORDER);
      hash = hash.mul(BrainFloat.NOISE_FACTOR);
      ((ShortVector)
              square
                  .reinterpretAsInts()
                  .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
                  .lanewise(VectorOperators.LSHR, Short.SIZE)
                  .convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(ALL, s + at, ORDER);
    }
    float rest = dotTail(gradient, v, j, dim);
    for (; j < dim; j++) {
      float g = number(gradient, j) * factor;
      float mean = Math.fma(g - brain(m, j), step.new1(), brain(m, j));
      float square = Math.fma(g * g - brain(s, j), step.new2(), brain(s, j));
      float change = mean / ((float) Math.sqrt(square) + step.epsilon());
      float value = Math.fma(change, -step.stepSize(), brain(v, j));
      put(v, j, value, rowSeed, BrainFloat.Kind.VALUE);
      put(m, j, mean, rowSeed, BrainFloat.Kind.FIRST_MOMENT);
      put(s, j, square, rowSeed, BrainFloat.Kind.SECOND_MOMENT);
    }
    return LaneSum.of(product) + rest;
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
