package org.mneme.memory.kernel;

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

/// Writes rows of bfloat16 with the Vector API, from float32 numbers or by a step of Adam, rounded
/// at random. [VectorBrainRows] reads such rows.
final class VectorBrainUpdates {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final IntVector COLUMNS =
      IntVector.zero(INTS).addIndex(1).mul(BrainFloat.COLUMN_FACTOR);
  private static final IntVector EVEN_COLUMNS = COLUMNS.mul(2);
  // of the even and of the odd lanes of two vectors one vector each, with UPPER for the second
  private static final VectorShuffle<Float> EVEN = FLOATS.shuffleFromOp(i -> 2 * i % LANES);
  private static final VectorShuffle<Float> ODD = FLOATS.shuffleFromOp(i -> (2 * i + 1) % LANES);
  private static final VectorMask<Float> UPPER =
      VectorMask.fromLong(FLOATS, (-1L << (LANES / 2)) & ((1L << LANES) - 1));
  private static final int UPPER_HALF = 0xffff0000;
  private static final int VECTOR_BYTES = LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorBrainUpdates() {}

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
      put(row, j, VectorBrainRows.number(floats, j), rowSeed, kind);
    }
  }

  private static void put(long row, int column, float number, int rowSeed, BrainFloat.Kind kind) {
    int noise = BrainFloat.noise(BrainFloat.hash(rowSeed, column), kind);
    ALL.set(JAVA_SHORT, row + (long) column * Short.BYTES, BrainFloat.roundAtRandom(number, noise));
  }

  /// Adam for one row of which values and moments are of bfloat16, as [VectorFloatRows#adamRow]
  /// does for float32. An int holds two numbers, of an even and of the next column: one half is
  /// shifted up, the other masked, which is less work than widening and narrowing vectors.
  static float adamRow(
      long v, long m, long s, long gradient, float factor, int dim, AdamStep step, int rowSeed) {
    FloatVector product = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + 2 * LANES <= dim; j += 2 * LANES) {
      long at = (long) j * Short.BYTES;
      FloatVector g0 = FloatVector.fromMemorySegment(FLOATS, ALL, gradient + 2 * at, ORDER);
      FloatVector g1 =
          FloatVector.fromMemorySegment(FLOATS, ALL, gradient + 2 * at + VECTOR_BYTES, ORDER);
      FloatVector even = g0.rearrange(EVEN).blend(g1.rearrange(EVEN), UPPER);
      FloatVector odd = g0.rearrange(ODD).blend(g1.rearrange(ODD), UPPER);
      IntVector values = IntVector.fromMemorySegment(INTS, ALL, v + at, ORDER);
      IntVector means = IntVector.fromMemorySegment(INTS, ALL, m + at, ORDER);
      IntVector squares = IntVector.fromMemorySegment(INTS, ALL, s + at, ORDER);

      FloatVector value = values.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
      FloatVector mean = means.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
      FloatVector square = squares.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
      product = value.fma(even, product);
      even = even.mul(factor);
      mean = even.sub(mean).fma(FloatVector.broadcast(FLOATS, step.new1()), mean);
      square = even.mul(even).sub(square).fma(FloatVector.broadcast(FLOATS, step.new2()), square);
      value =
          mean.div(square.sqrt().add(step.epsilon()))
              .fma(FloatVector.broadcast(FLOATS, -step.stepSize()), value);
      IntVector hash = EVEN_COLUMNS.add(rowSeed + j * BrainFloat.COLUMN_FACTOR);
      hash =
          hash.lanewise(VectorOperators.XOR, hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .mul(BrainFloat.NOISE_FACTOR);
      IntVector newValues =
          value
              .reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.LSHR, Short.SIZE);
      hash = hash.mul(BrainFloat.NOISE_FACTOR);
      IntVector newMeans =
          mean.reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.LSHR, Short.SIZE);
      hash = hash.mul(BrainFloat.NOISE_FACTOR);
      IntVector newSquares =
          square
              .reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.LSHR, Short.SIZE);

      value = values.lanewise(VectorOperators.AND, UPPER_HALF).reinterpretAsFloats();
      mean = means.lanewise(VectorOperators.AND, UPPER_HALF).reinterpretAsFloats();
      square = squares.lanewise(VectorOperators.AND, UPPER_HALF).reinterpretAsFloats();
      product = value.fma(odd, product);
      odd = odd.mul(factor);
      mean = odd.sub(mean).fma(FloatVector.broadcast(FLOATS, step.new1()), mean);
      square = odd.mul(odd).sub(square).fma(FloatVector.broadcast(FLOATS, step.new2()), square);
      value =
          mean.div(square.sqrt().add(step.epsilon()))
              .fma(FloatVector.broadcast(FLOATS, -step.stepSize()), value);
      hash = EVEN_COLUMNS.add(rowSeed + (j + 1) * BrainFloat.COLUMN_FACTOR);
      hash =
          hash.lanewise(VectorOperators.XOR, hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .mul(BrainFloat.NOISE_FACTOR);
      newValues =
          value
              .reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.AND, UPPER_HALF)
              .or(newValues);
      hash = hash.mul(BrainFloat.NOISE_FACTOR);
      newMeans =
          mean.reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.AND, UPPER_HALF)
              .or(newMeans);
      hash = hash.mul(BrainFloat.NOISE_FACTOR);
      newSquares =
          square
              .reinterpretAsInts()
              .add(hash.lanewise(VectorOperators.LSHR, Short.SIZE))
              .lanewise(VectorOperators.AND, UPPER_HALF)
              .or(newSquares);
      newValues.intoMemorySegment(ALL, v + at, ORDER);
      newMeans.intoMemorySegment(ALL, m + at, ORDER);
      newSquares.intoMemorySegment(ALL, s + at, ORDER);
    }
    float rest = VectorBrainRows.dotTail(gradient, v, j, dim);
    for (; j < dim; j++) {
      float g = VectorBrainRows.number(gradient, j) * factor;
      float mean = VectorBrainRows.brain(m, j);
      mean = Math.fma(g - mean, step.new1(), mean);
      float square = VectorBrainRows.brain(s, j);
      square = Math.fma(g * g - square, step.new2(), square);
      float change = mean / ((float) Math.sqrt(square) + step.epsilon());
      float value = Math.fma(change, -step.stepSize(), VectorBrainRows.brain(v, j));
      put(v, j, value, rowSeed, BrainFloat.Kind.VALUE);
      put(m, j, mean, rowSeed, BrainFloat.Kind.FIRST_MOMENT);
      put(s, j, square, rowSeed, BrainFloat.Kind.SECOND_MOMENT);
    }
    return LaneSum.of(product) + rest;
  }
}
