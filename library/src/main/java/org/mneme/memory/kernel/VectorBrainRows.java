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

/// Reads rows of bfloat16 with the Vector API: loops as those of [VectorFloatRows], each vector of
/// halves widened and shifted up on its way. [VectorBrainUpdates] writes such rows.
final class VectorBrainRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorBrainRows() {}

  /// `out += sum of weights[i] * row i`
  // rows and weights in variables on purpose: arrays would be memory traffic in the inner loop
  static void addRows(long out, int dim, RowsInFlight flight) {
    long row0 = flight.rows[0];
    long row1 = flight.rows[1];
    long row2 = flight.rows[2];
    long row3 = flight.rows[3];
    long row4 = flight.rows[4];
    long row5 = flight.rows[5];
    long row6 = flight.rows[6];
    long row7 = flight.rows[7];
    long row8 = flight.rows[8];
    long row9 = flight.rows[9];
    long row10 = flight.rows[10];
    long row11 = flight.rows[11];
    long row12 = flight.rows[12];
    long row13 = flight.rows[13];
    long row14 = flight.rows[14];
    long row15 = flight.rows[15];
    float w0 = flight.weights[0];
    float w1 = flight.weights[1];
    float w2 = flight.weights[2];
    float w3 = flight.weights[3];
    float w4 = flight.weights[4];
    float w5 = flight.weights[5];
    float w6 = flight.weights[6];
    float w7 = flight.weights[7];
    float w8 = flight.weights[8];
    float w9 = flight.weights[9];
    float w10 = flight.weights[10];
    float w11 = flight.weights[11];
    float w12 = flight.weights[12];
    float w13 = flight.weights[13];
    float w14 = flight.weights[14];
    float w15 = flight.weights[15];
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
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row8 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w8), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row9 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w9), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row10 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w10), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row11 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w11), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row12 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w12), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row13 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w13), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row14 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w14), sum);
      sum =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row15 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.broadcast(FLOATS, w15), sum);
      sum.intoMemorySegment(ALL, out + 2 * at, ORDER);
    }
    for (; j < dim; j++) {
      float sum = number(out, j);
      for (int i = 0; i < RowsInFlight.COUNT; i++) {
        sum = Math.fma(flight.weights[i], brain(flight.rows[i], j), sum);
      }
      set(out, j, sum);
    }
  }

  /// The products of `vector` with the rows, into `flight.sums`.
  static void dotRows(long vector, int dim, RowsInFlight flight) {
    long row0 = flight.rows[0];
    long row1 = flight.rows[1];
    long row2 = flight.rows[2];
    long row3 = flight.rows[3];
    long row4 = flight.rows[4];
    long row5 = flight.rows[5];
    long row6 = flight.rows[6];
    long row7 = flight.rows[7];
    long row8 = flight.rows[8];
    long row9 = flight.rows[9];
    long row10 = flight.rows[10];
    long row11 = flight.rows[11];
    long row12 = flight.rows[12];
    long row13 = flight.rows[13];
    long row14 = flight.rows[14];
    long row15 = flight.rows[15];
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    FloatVector sum4 = FloatVector.zero(FLOATS);
    FloatVector sum5 = FloatVector.zero(FLOATS);
    FloatVector sum6 = FloatVector.zero(FLOATS);
    FloatVector sum7 = FloatVector.zero(FLOATS);
    FloatVector sum8 = FloatVector.zero(FLOATS);
    FloatVector sum9 = FloatVector.zero(FLOATS);
    FloatVector sum10 = FloatVector.zero(FLOATS);
    FloatVector sum11 = FloatVector.zero(FLOATS);
    FloatVector sum12 = FloatVector.zero(FLOATS);
    FloatVector sum13 = FloatVector.zero(FLOATS);
    FloatVector sum14 = FloatVector.zero(FLOATS);
    FloatVector sum15 = FloatVector.zero(FLOATS);
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
      sum4 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row4 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum4);
      sum5 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row5 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum5);
      sum6 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row6 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum6);
      sum7 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row7 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum7);
      sum8 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row8 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum8);
      sum9 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row9 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum9);
      sum10 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row10 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum10);
      sum11 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row11 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum11);
      sum12 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row12 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum12);
      sum13 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row13 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum13);
      sum14 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row14 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum14);
      sum15 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row15 + at, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(x, sum15);
    }
    flight.sums[0] = LaneSum.of(sum0) + dotTail(vector, row0, j, dim);
    flight.sums[1] = LaneSum.of(sum1) + dotTail(vector, row1, j, dim);
    flight.sums[2] = LaneSum.of(sum2) + dotTail(vector, row2, j, dim);
    flight.sums[3] = LaneSum.of(sum3) + dotTail(vector, row3, j, dim);
    flight.sums[4] = LaneSum.of(sum4) + dotTail(vector, row4, j, dim);
    flight.sums[5] = LaneSum.of(sum5) + dotTail(vector, row5, j, dim);
    flight.sums[6] = LaneSum.of(sum6) + dotTail(vector, row6, j, dim);
    flight.sums[7] = LaneSum.of(sum7) + dotTail(vector, row7, j, dim);
    flight.sums[8] = LaneSum.of(sum8) + dotTail(vector, row8, j, dim);
    flight.sums[9] = LaneSum.of(sum9) + dotTail(vector, row9, j, dim);
    flight.sums[10] = LaneSum.of(sum10) + dotTail(vector, row10, j, dim);
    flight.sums[11] = LaneSum.of(sum11) + dotTail(vector, row11, j, dim);
    flight.sums[12] = LaneSum.of(sum12) + dotTail(vector, row12, j, dim);
    flight.sums[13] = LaneSum.of(sum13) + dotTail(vector, row13, j, dim);
    flight.sums[14] = LaneSum.of(sum14) + dotTail(vector, row14, j, dim);
    flight.sums[15] = LaneSum.of(sum15) + dotTail(vector, row15, j, dim);
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

  /// The product of what is left of a vector and a row from column `from` on.
  static float dotTail(long vector, long row, int from, int dim) {
    float sum = 0;
    for (int j = from; j < dim; j++) {
      sum = Math.fma(brain(row, j), number(vector, j), sum);
    }
    return sum;
  }

  static float brain(long row, int column) {
    return BrainFloat.expand(ALL.get(JAVA_SHORT, row + (long) column * Short.BYTES));
  }

  static float number(long address, long index) {
    return ALL.get(JAVA_FLOAT, address + index * Float.BYTES);
  }

  private static void set(long address, long index, float number) {
    ALL.set(JAVA_FLOAT, address + index * Float.BYTES, number);
  }
}
