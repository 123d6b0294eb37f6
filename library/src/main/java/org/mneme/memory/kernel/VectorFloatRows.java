package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Reads and writes rows of float32 with the Vector API, written out as [VectorRowKernels] says.
/// [VectorBrainRows] and [VectorBrainUpdates] do the same for bfloat16.
final class VectorFloatRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorFloatRows() {}

  /// A step for one row, whose gradient is the sum of two weighted vectors; `products` are those of
  /// the row, as it was before, with each vector.
  // many parameters on purpose, as this is the innermost loop
  @SuppressWarnings("TooManyParameters")
  static void adamRow(
      long v,
      long m,
      long s,
      long vector0,
      float weight0,
      long vector1,
      float weight1,
      int dim,
      AdamStep step,
      float[] products) {
    FloatVector product0 = FloatVector.zero(FLOATS);
    FloatVector product1 = product0;
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, ALL, vector0 + at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, ALL, vector1 + at, ORDER);
      FloatVector old = FloatVector.fromMemorySegment(FLOATS, ALL, v + at, ORDER);
      product0 = old.fma(x0, product0);
      product1 = old.fma(x1, product1);
      FloatVector g = x1.fma(FloatVector.broadcast(FLOATS, weight1), x0.mul(weight0));
      FloatVector mean = FloatVector.fromMemorySegment(FLOATS, ALL, m + at, ORDER);
      mean = g.sub(mean).fma(FloatVector.broadcast(FLOATS, step.new1()), mean);
      FloatVector square = FloatVector.fromMemorySegment(FLOATS, ALL, s + at, ORDER);
      square = g.mul(g).sub(square).fma(FloatVector.broadcast(FLOATS, step.new2()), square);
      FloatVector change = mean.div(square.sqrt().add(step.epsilon()));
      FloatVector value = change.fma(FloatVector.broadcast(FLOATS, -step.stepSize()), old);
      mean.intoMemorySegment(ALL, m + at, ORDER);
      square.intoMemorySegment(ALL, s + at, ORDER);
      value.intoMemorySegment(ALL, v + at, ORDER);
    }
    products[0] = LaneSum.of(product0) + dotTail(vector0, v, j, dim);
    products[1] = LaneSum.of(product1) + dotTail(vector1, v, j, dim);
    for (; j < dim; j++) {
      float g = Math.fma(number(vector1, j), weight1, number(vector0, j) * weight0);
      float mean = Math.fma(g - number(m, j), step.new1(), number(m, j));
      float square = Math.fma(g * g - number(s, j), step.new2(), number(s, j));
      set(m, j, mean);
      set(s, j, square);
      float change = mean / ((float) Math.sqrt(square) + step.epsilon());
      set(v, j, Math.fma(change, -step.stepSize(), number(v, j)));
    }
  }

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
      long at = (long) j * Float.BYTES;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, out + at, ORDER);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row0 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w0), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row1 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w1), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row2 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w2), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row3 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w3), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row4 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w4), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row5 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w5), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row6 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w6), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row7 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w7), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row8 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w8), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row9 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w9), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row10 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w10), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row11 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w11), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row12 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w12), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row13 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w13), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row14 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w14), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row15 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w15), sum);
      sum.intoMemorySegment(ALL, out + at, ORDER);
    }
    for (; j < dim; j++) {
      float sum = number(out, j);
      for (int i = 0; i < RowsInFlight.COUNT; i++) {
        sum = Math.fma(flight.weights[i], number(flight.rows[i], j), sum);
      }
      set(out, j, sum);
    }
  }

  /// `out += weight * row`
  static void add(long out, int dim, long row, float weight) {
    FloatVector w = FloatVector.broadcast(FLOATS, weight);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER)
          .fma(w, FloatVector.fromMemorySegment(FLOATS, ALL, out + at, ORDER))
          .intoMemorySegment(ALL, out + at, ORDER);
    }
    for (; j < dim; j++) {
      set(out, j, Math.fma(weight, number(row, j), number(out, j)));
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
      long at = (long) j * Float.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, vector + at, ORDER);
      sum0 = FloatVector.fromMemorySegment(FLOATS, ALL, row0 + at, ORDER).fma(x, sum0);
      sum1 = FloatVector.fromMemorySegment(FLOATS, ALL, row1 + at, ORDER).fma(x, sum1);
      sum2 = FloatVector.fromMemorySegment(FLOATS, ALL, row2 + at, ORDER).fma(x, sum2);
      sum3 = FloatVector.fromMemorySegment(FLOATS, ALL, row3 + at, ORDER).fma(x, sum3);
      sum4 = FloatVector.fromMemorySegment(FLOATS, ALL, row4 + at, ORDER).fma(x, sum4);
      sum5 = FloatVector.fromMemorySegment(FLOATS, ALL, row5 + at, ORDER).fma(x, sum5);
      sum6 = FloatVector.fromMemorySegment(FLOATS, ALL, row6 + at, ORDER).fma(x, sum6);
      sum7 = FloatVector.fromMemorySegment(FLOATS, ALL, row7 + at, ORDER).fma(x, sum7);
      sum8 = FloatVector.fromMemorySegment(FLOATS, ALL, row8 + at, ORDER).fma(x, sum8);
      sum9 = FloatVector.fromMemorySegment(FLOATS, ALL, row9 + at, ORDER).fma(x, sum9);
      sum10 = FloatVector.fromMemorySegment(FLOATS, ALL, row10 + at, ORDER).fma(x, sum10);
      sum11 = FloatVector.fromMemorySegment(FLOATS, ALL, row11 + at, ORDER).fma(x, sum11);
      sum12 = FloatVector.fromMemorySegment(FLOATS, ALL, row12 + at, ORDER).fma(x, sum12);
      sum13 = FloatVector.fromMemorySegment(FLOATS, ALL, row13 + at, ORDER).fma(x, sum13);
      sum14 = FloatVector.fromMemorySegment(FLOATS, ALL, row14 + at, ORDER).fma(x, sum14);
      sum15 = FloatVector.fromMemorySegment(FLOATS, ALL, row15 + at, ORDER).fma(x, sum15);
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

  /// The product of `vector` with a row.
  static float dot1(long vector, int dim, long row) {
    FloatVector sum = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, vector + at, ORDER), sum);
    }
    return LaneSum.of(sum) + dotTail(vector, row, j, dim);
  }

  private static float dotTail(long vector, long row, int from, int dim) {
    float sum = 0;
    for (int j = from; j < dim; j++) {
      sum = Math.fma(number(row, j), number(vector, j), sum);
    }
    return sum;
  }

  private static float number(long address, long index) {
    return ALL.get(JAVA_FLOAT, address + index * Float.BYTES);
  }

  private static void set(long address, long index, float number) {
    ALL.set(JAVA_FLOAT, address + index * Float.BYTES, number);
  }
}
