package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ZeroPagesTest {
  @Test
  void memoryIsZeroAtFirstAndWhenItWasCleared() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = ZeroPages.allocate(100_000, arena);
      assertEquals(100_000, memory.byteSize());
      assertZero(memory);
      memory.fill((byte) 7);
      ZeroPages.clear(memory);
      assertZero(memory);
      memory.set(ValueLayout.JAVA_BYTE, 99_999, (byte) 1);
    }
    try (Arena arena = Arena.ofConfined()) {
      ZeroPages.clear(ZeroPages.allocate(0, arena));
    }
  }

  private static void assertZero(MemorySegment memory) {
    assertEquals(
        -1, memory.mismatch(MemorySegment.ofArray(new byte[Math.toIntExact(memory.byteSize())])));
  }

  /// More than most machines have.
  @Test
  @DisabledOnOs(OS.WINDOWS) // which promises no memory that it has not
  void pagesThatAreNotTouchedCostNothing() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = ZeroPages.allocate(1L << 36, arena);
      memory.set(ValueLayout.JAVA_LONG, 1L << 35, 5);
      assertEquals(5, memory.get(ValueLayout.JAVA_LONG, 1L << 35));
      assertEquals(0, memory.get(ValueLayout.JAVA_LONG, (1L << 35) + 8));
      ZeroPages.clear(memory);
      assertEquals(0, memory.get(ValueLayout.JAVA_LONG, 1L << 35));
    }
  }
}
