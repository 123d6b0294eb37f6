package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Turns a square tile of as many rows as a vector has lanes: blocks of half the tile's side change
/// places across the diagonal, then blocks of half that side within each, down to single numbers.
final class Transposition {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  /// Rows and columns of a tile.
  static final int SIDE = FLOATS.length();

  private static final int ROW = SIDE * Float.BYTES;

  private static final VectorShuffle<Float> SWAP_8 = swap(8);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_1 = swap(1);
  private static final VectorMask<Float> UPPER_8 = upper(8);
  private static final VectorMask<Float> UPPER_4 = upper(4);
  private static final VectorMask<Float> UPPER_2 = upper(2);
  private static final VectorMask<Float> UPPER_1 = upper(1);

  private Transposition() {}

  private static VectorShuffle<Float> swap(int distance) {
    return FLOATS.shuffleFromOp(i -> (i ^ distance) % SIDE);
  }

  private static VectorMask<Float> upper(int distance) {
    boolean[] lanes = new boolean[SIDE];
    for (int i = 0; i < SIDE; i++) {
      lanes[i] = (i & distance) != 0;
    }
    return VectorMask.fromArray(FLOATS, lanes, 0);
  }

  /// Turns the tile at that address, row after row, of vectors of at most 16 lanes.
  static void turn(long tile) {
    if (SIDE >= 16) {
      exchange(tile, 8, SWAP_8, UPPER_8);
    }
    if (SIDE >= 8) {
      exchange(tile, 4, SWAP_4, UPPER_4);
    }
    if (SIDE >= 4) {
      exchange(tile, 2, SWAP_2, UPPER_2);
    }
    exchange(tile, 1, SWAP_1, UPPER_1);
  }

  private static void exchange(
      long tile, int distance, VectorShuffle<Float> swap, VectorMask<Float> upper) {
    for (int pair = 0; pair < SIDE / 2; pair++) {
      int i = pair / distance * 2 * distance + pair % distance;
      long first = tile + (long) i * ROW;
      long second = first + (long) distance * ROW;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, first, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, second, ORDER);
      a.blend(b.rearrange(swap), upper).intoMemorySegment(ALL, first, ORDER);
      a.rearrange(swap).blend(b, upper).intoMemorySegment(ALL, second, ORDER);
    }
  }
}
