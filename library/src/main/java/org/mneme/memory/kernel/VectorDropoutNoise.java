package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.tensor.Randomness;

/// [DropoutNoise] with the Vector API, the same bits.
final class VectorDropoutNoise {
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int LANES = INTS.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final IntVector PLACES = IntVector.zero(INTS).addIndex(1).mul(DropoutNoise.STEP);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorDropoutNoise() {}

  /// Noise of places `from` to `from + count`.
  static void fill(long seed, double share, Rows.Type type, long address, int from, int count) {
    int whole = count / LANES * LANES;
    switch (type) {
      case FLOAT32 -> floats(Randomness.derive(seed), share, address, from, whole);
      case BFLOAT16 -> brains(Randomness.derive(seed), share, address, from, whole);
    }
    long rest = address + (long) whole * type.bytes();
    DropoutNoise.plain(seed, share, type, rest, from + whole, count - whole);
  }

  private static void floats(long key, double share, long address, int from, int count) {
    int threshold = DropoutNoise.threshold(share);
    int factor = Float.floatToRawIntBits(DropoutNoise.factor(share));
    for (int i = 0; i < count; i += LANES) {
      noise(key, from + i, threshold, factor)
          .intoMemorySegment(ALL, address + (long) i * Float.BYTES, ORDER);
    }
  }

  private static void brains(long key, double share, long address, int from, int count) {
    int threshold = DropoutNoise.threshold(share);
    int factor = BrainFloat.round(DropoutNoise.factor(share));
    for (int i = 0; i < count; i += LANES) {
      ((ShortVector)
              noise(key, from + i, threshold, factor).convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(ALL, address + (long) i * Short.BYTES, ORDER);
    }
  }

  /// `factor`, or 0, for places `from` to `from + LANES`.
  private static IntVector noise(long key, int from, int threshold, int factor) {
    IntVector x = PLACES.add(from * DropoutNoise.STEP + (int) key);
    x = folded(x, DropoutNoise.FIRST_SHIFT).mul(DropoutNoise.FIRST_FACTOR);
    x =
        folded(x, DropoutNoise.SECOND_SHIFT)
            .lanewise(VectorOperators.XOR, (int) (key >>> Integer.SIZE))
            .mul(DropoutNoise.SECOND_FACTOR);
    IntVector hash = folded(x, DropoutNoise.SECOND_SHIFT).lanewise(VectorOperators.LSHR, 1);
    return IntVector.zero(INTS).blend(factor, hash.compare(VectorOperators.GE, threshold));
  }

  private static IntVector folded(IntVector x, int shift) {
    return x.lanewise(VectorOperators.XOR, x.lanewise(VectorOperators.LSHR, shift));
  }
}
