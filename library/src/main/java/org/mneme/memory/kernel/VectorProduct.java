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

/// Products of a matrix and a vector with the Vector API, for [VectorTokenKernels]. Memory is read
/// from front to back, one row after the other: with four rows side by side it comes at two thirds
/// of the speed.
final class VectorProduct {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final int VECTORS = 4; // at a time: sums that do not wait for each other
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorProduct() {}

  /// See [TokenKernels#product].
  static void run(Rows weights, long bias, long x, long out, int from, int to) {
    int dim = weights.dim();
    for (int i = from; i < to; i++) {
      long row = weights.row(i);
      float product =
          switch (weights.type()) {
            case FLOAT32 -> floats(row, x, dim);
            case BFLOAT16 -> brains(row, x, dim);
          };
      long at = (long) i * Float.BYTES;
      ALL.set(JAVA_FLOAT, out + at, bias == 0 ? product : product + ALL.get(JAVA_FLOAT, bias + at));
    }
  }

  private static float floats(long row, long x, int dim) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    long step = (long) LANES * Float.BYTES;
    int j = 0;
    for (; j + VECTORS * LANES <= dim; j += VECTORS * LANES) {
      long w = row + (long) j * Float.BYTES;
      long v = x + (long) j * Float.BYTES;
      sum0 =
          FloatVector.fromMemorySegment(FLOATS, ALL, w, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v, ORDER), sum0);
      sum1 =
          FloatVector.fromMemorySegment(FLOATS, ALL, w + step, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v + step, ORDER), sum1);
      sum2 =
          FloatVector.fromMemorySegment(FLOATS, ALL, w + 2 * step, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v + 2 * step, ORDER), sum2);
      sum3 =
          FloatVector.fromMemorySegment(FLOATS, ALL, w + 3 * step, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v + 3 * step, ORDER), sum3);
    }
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      sum0 =
          FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER), sum0);
    }
    float rest = 0;
    for (; j < dim; j++) {
      long at = (long) j * Float.BYTES;
      rest = Math.fma(ALL.get(JAVA_FLOAT, row + at), ALL.get(JAVA_FLOAT, x + at), rest);
    }
    return LaneSum.of(sum0.add(sum1).add(sum2.add(sum3))) + rest;
  }

  private static float brains(long row, long x, int dim) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    long half = (long) LANES * Short.BYTES;
    long step = 2 * half;
    int j = 0;
    for (; j + VECTORS * LANES <= dim; j += VECTORS * LANES) {
      long w = row + (long) j * Short.BYTES;
      long v = x + (long) j * Float.BYTES;
      sum0 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, w, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v, ORDER), sum0);
      sum1 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, w + half, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v + step, ORDER), sum1);
      sum2 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, w + 2 * half, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v + 2 * step, ORDER), sum2);
      sum3 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, w + 3 * half, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, v + 3 * step, ORDER), sum3);
    }
    for (; j + LANES <= dim; j += LANES) {
      sum0 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, ALL, row + (long) j * Short.BYTES, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, Short.SIZE)
              .reinterpretAsFloats()
              .fma(
                  FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) j * Float.BYTES, ORDER),
                  sum0);
    }
    float rest = 0;
    for (; j < dim; j++) {
      float weight = BrainFloat.expand(ALL.get(JAVA_SHORT, row + (long) j * Short.BYTES));
      rest = Math.fma(weight, ALL.get(JAVA_FLOAT, x + (long) j * Float.BYTES), rest);
    }
    return LaneSum.of(sum0.add(sum1).add(sum2.add(sum3))) + rest;
  }
}
