package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The exponential function for a softmax with the Vector API, to the last but one bit of a
/// float32.
final class VectorExponential {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  // e^x = 2^n e^r: n rounded by an addition, r by two parts of log 2, e^r by its series
  private static final float SMALLEST = -87;
  private static final float ROUNDER = 0x1.8p23f;
  private static final float LOG2_E = (float) (1 / Math.log(2));
  private static final float LOG_2_UPPER = 0x1.62e4p-1f;
  private static final float LOG_2_LOWER = (float) (Math.log(2) - LOG_2_UPPER);
  private static final int MANTISSA_BITS = 23;

  private VectorExponential() {}

  /// `x[i] = e^(x[i] - largest)` for `count` numbers, whole vectors of them, none of which is
  /// larger than `largest` by much; 0 below e^-87. Returns their sum.
  static float run(long numbers, int count, float largest) {
    FloatVector most = FloatVector.broadcast(FLOATS, largest);
    FloatVector log2e = FloatVector.broadcast(FLOATS, LOG2_E);
    FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
    FloatVector upper = FloatVector.broadcast(FLOATS, -LOG_2_UPPER);
    FloatVector lower = FloatVector.broadcast(FLOATS, -LOG_2_LOWER);
    FloatVector one = FloatVector.broadcast(FLOATS, 1);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += LANES) {
      long at = numbers + (long) i * Float.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER).sub(most);
      FloatVector rounded = x.fma(log2e, rounder);
      FloatVector n = rounded.sub(rounder);
      FloatVector r = n.fma(lower, n.fma(upper, x));
      FloatVector p = FloatVector.broadcast(FLOATS, 1f / 720);
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f / 120));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f / 24));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f / 6));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 0.5f));
      p = p.fma(r, one).fma(r, one);
      FloatVector power =
          rounded
              .reinterpretAsInts()
              .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
              .add(p.reinterpretAsInts())
              .reinterpretAsFloats();
      power = power.blend(0, x.compare(VectorOperators.LT, SMALLEST));
      power.intoMemorySegment(ALL, at, ORDER);
      sum = sum.add(power);
    }
    return LaneSum.of(sum);
  }
}
