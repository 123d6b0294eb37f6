package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/// Numbers in native memory between two walls, which show whether a kernel wrote beyond its own.
final class GuardedNumbers {
  private static final int WALL = 32 * Float.BYTES;
  private static final byte BRICK = 0x5a;

  private final MemorySegment all;
  private final MemorySegment inner;
  private final int bytes;

  private GuardedNumbers(Arena arena, long count, int bytes) {
    this.bytes = bytes;
    all = arena.allocate(count * bytes + 2L * WALL, Float.BYTES).fill(BRICK);
    inner = all.asSlice(WALL, count * bytes);
  }

  /// Numbers of float32 that hold what was never written.
  static GuardedNumbers unwritten(Arena arena, int count) {
    return new GuardedNumbers(arena, count, Float.BYTES);
  }

  static GuardedNumbers of(Arena arena, float... numbers) {
    return of(arena, Rows.Type.FLOAT32, numbers);
  }

  /// Numbers of that type; what does not fit into bfloat16 is cut off.
  static GuardedNumbers of(Arena arena, Rows.Type type, float... numbers) {
    var made = new GuardedNumbers(arena, numbers.length, type.bytes());
    for (int i = 0; i < numbers.length; i++) {
      switch (type) {
        case FLOAT32 -> made.inner.setAtIndex(ValueLayout.JAVA_FLOAT, i, numbers[i]);
        case BFLOAT16 -> {
          short upper = (short) (Float.floatToRawIntBits(numbers[i]) >>> Short.SIZE);
          made.inner.setAtIndex(ValueLayout.JAVA_SHORT, i, upper);
        }
      }
    }
    return made;
  }

  static GuardedNumbers of(Arena arena, int... numbers) {
    var made = new GuardedNumbers(arena, numbers.length, Integer.BYTES);
    MemorySegment.copy(numbers, 0, made.inner, ValueLayout.JAVA_INT, 0, numbers.length);
    return made;
  }

  static float[] gaussian(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  GuardedNumbers copy(Arena arena) {
    var copy = new GuardedNumbers(arena, inner.byteSize() / bytes, bytes);
    copy.inner.copyFrom(inner);
    return copy;
  }

  long address() {
    return inner.address();
  }

  /// The numbers as float32; the walls have to be whole.
  float[] floats() {
    checkWalls();
    float[] numbers = new float[(int) inner.byteSize() / bytes];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          bytes == Float.BYTES
              ? inner.getAtIndex(ValueLayout.JAVA_FLOAT, i)
              : Float.intBitsToFloat(inner.getAtIndex(ValueLayout.JAVA_SHORT, i) << Short.SIZE);
    }
    return numbers;
  }

  /// Fails unless every bit is that of `other`.
  void assertSameBits(GuardedNumbers other) {
    checkWalls();
    other.checkWalls();
    assertEquals(-1, inner.mismatch(other.inner));
  }

  private void checkWalls() {
    long end = all.byteSize() - WALL;
    for (int i = 0; i < WALL; i++) {
      assertEquals(BRICK, all.get(ValueLayout.JAVA_BYTE, i), "the wall in front");
      assertEquals(BRICK, all.get(ValueLayout.JAVA_BYTE, end + i), "the wall behind");
    }
  }
}
