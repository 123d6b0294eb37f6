package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.tensor.OneDnn.After;

/// Activations with the Vector API: all of them are made of one exponential.
final class VectorActivation {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final float MOST = 87; // its exponential is a float32, and 1 besides is nothing
  private static final float SILU = -1;
  private static final float GELU_LINE = (float) (-2 * PlainTokenKernels.GELU_SCALE);
  private static final float GELU_CUBE =
      (float) (-2 * PlainTokenKernels.GELU_SCALE * PlainTokenKernels.GELU_CUBE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorActivation() {}

  /// See [TokenKernels#activate]; `count` is that of whole vectors.
  static void run(After after, long x, int count, long room) {
    switch (after) {
      case NOTHING -> {}
      case RELU -> relu(x, count);
      case SILU -> sigmoid(x, count, room, SILU, 0);
      case GELU_TANH -> sigmoid(x, count, room, GELU_LINE, GELU_CUBE);
      case GELU -> gelu(x, count, room);
    }
  }

  private static void relu(long x, int count) {
    for (int i = 0; i < count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER)
          .max(0)
          .intoMemorySegment(ALL, x + at, ORDER);
    }
  }

  /// `x / (1 + e^(line x + cube x^3))`
  private static void sigmoid(long x, int count, long room, float line, float cube) {
    for (int i = 0; i < count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
      FloatVector slope = v.mul(v).fma(FloatVector.broadcast(FLOATS, cube), broadcast(line));
      v.mul(slope).min(MOST).intoMemorySegment(ALL, room + at, ORDER);
    }
    float unused = VectorExponential.run(room, count, 0);
    for (int i = 0; i < count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER)
          .div(FloatVector.fromMemorySegment(FLOATS, ALL, room + at, ORDER).add(1))
          .intoMemorySegment(ALL, x + at, ORDER);
    }
  }

  /// `x Phi(x)`, Phi by the tail of the normal distribution.
  private static void gelu(long x, int count, long room) {
    for (int i = 0; i < count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
      v.mul(v).mul(-0.5f).intoMemorySegment(ALL, room + at, ORDER);
    }
    float unused = VectorExponential.run(room, count, 0);
    float slope = (float) (PlainTokenKernels.TAIL_SLOPE / Math.sqrt(2));
    FloatVector one = broadcast(1);
    for (int i = 0; i < count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
      FloatVector t = one.div(v.abs().fma(broadcast(slope), one));
      FloatVector tail =
          t.fma(
              broadcast((float) PlainTokenKernels.TAIL_5),
              broadcast((float) PlainTokenKernels.TAIL_4));
      tail = tail.fma(t, broadcast((float) PlainTokenKernels.TAIL_3));
      tail = tail.fma(t, broadcast((float) PlainTokenKernels.TAIL_2));
      tail = tail.fma(t, broadcast((float) PlainTokenKernels.TAIL_1));
      tail = tail.mul(t).mul(FloatVector.fromMemorySegment(FLOATS, ALL, room + at, ORDER));
      FloatVector share = one.sub(tail).blend(tail, v.compare(VectorOperators.LT, 0));
      v.mul(share).intoMemorySegment(ALL, x + at, ORDER);
    }
  }

  private static FloatVector broadcast(float number) {
    return FloatVector.broadcast(FLOATS, number);
  }
}
