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

/// Numbers between the type in which they are stored and the float32 in which they are computed
/// with, by the Vector API.
final class VectorNumbers {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final int JUST_BELOW_HALF = 0x7fff;
  private static final int QUIET_BIT = BrainFloat.QUIET_BIT << Short.SIZE;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorNumbers() {}

  /// Whether this processor has vectors that are worth it, and multiplies and adds in one
  /// instruction: AVX2, SVE, Neon, and what came after.
  static boolean areWide() {
    int least = System.getProperty("os.arch").equals("aarch64") ? 128 : 256;
    return FLOATS.vectorBitSize() >= least;
  }

  /// `to[i] = from[i] * factor`
  static void widen(long from, Rows.Type type, long to, int count, float factor) {
    switch (type) {
      case FLOAT32 -> copy(from, to, count, factor);
      case BFLOAT16 -> expand(from, to, count, factor);
    }
  }

  /// `to[i] = from[i]`, rounded to nearest, ties to even.
  static void narrow(long from, long to, Rows.Type type, int count) {
    switch (type) {
      case FLOAT32 -> copy(from, to, count, 1);
      case BFLOAT16 -> round(from, to, count);
    }
  }

  private static void copy(long from, long to, int count, float factor) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, ALL, from + at, ORDER)
          .mul(factor)
          .intoMemorySegment(ALL, to + at, ORDER);
    }
    for (; i < count; i++) {
      long at = (long) i * Float.BYTES;
      ALL.set(JAVA_FLOAT, to + at, ALL.get(JAVA_FLOAT, from + at) * factor);
    }
  }

  private static void expand(long from, long to, int count, float factor) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      long at = (long) i * Short.BYTES;
      ((IntVector)
              ShortVector.fromMemorySegment(SHORTS, ALL, from + at, ORDER)
                  .convertShape(VectorOperators.S2I, INTS, 0))
          .lanewise(VectorOperators.LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .mul(factor)
          .intoMemorySegment(ALL, to + 2 * at, ORDER);
    }
    for (; i < count; i++) {
      long at = (long) i * Short.BYTES;
      ALL.set(JAVA_FLOAT, to + 2 * at, BrainFloat.expand(ALL.get(JAVA_SHORT, from + at)) * factor);
    }
  }

  private static void round(long from, long to, int count) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      long at = (long) i * Short.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, from + 2 * at, ORDER);
      IntVector bits = x.reinterpretAsInts();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, Short.SIZE).and(1);
      bits.add(odd.add(JUST_BELOW_HALF))
          .blend(bits.or(QUIET_BIT), x.test(VectorOperators.IS_NAN).cast(INTS))
          .lanewise(VectorOperators.LSHR, Short.SIZE)
          .convertShape(VectorOperators.I2S, SHORTS, 0)
          .reinterpretAsShorts()
          .intoMemorySegment(ALL, to + at, ORDER);
    }
    for (; i < count; i++) {
      long at = (long) i * Short.BYTES;
      ALL.set(JAVA_SHORT, to + at, BrainFloat.round(ALL.get(JAVA_FLOAT, from + 2 * at)));
    }
  }
}
