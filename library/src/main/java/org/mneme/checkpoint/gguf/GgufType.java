package org.mneme.checkpoint.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/// How the numbers of a tensor are stored: one by one, or in blocks with a scale and often an
/// offset of their own (ggml's types).
enum GgufType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  /// Four bits each, around zero.
  Q4_0(2, 32, 18),
  /// Four bits each, from an offset.
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  /// Eight groups of 32 with scales and offsets of six bits.
  Q4_K(12, 256, 144),
  /// Sixteen groups of 16 with scales of eight bits.
  Q6_K(14, 256, 210),
  BF16(30, 1, 2);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int HALF_BLOCK = 16;
  private static final int LOWER = 0x0F;
  private static final int SIX_BITS = 0x3F;

  private final int number;
  private final int block;
  private final int bytes;

  GgufType(int number, int block, int bytes) {
    this.number = number;
    this.block = block;
    this.bytes = bytes;
  }

  /// The type of that number in a file, if it is known.
  static Optional<GgufType> numbered(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /// How many numbers are stored together.
  int block() {
    return block;
  }

  /// Bytes of so many numbers, whole blocks of them.
  long bytes(long numbers) {
    return Math.multiplyExact(numbers / block, (long) bytes);
  }

  /// Numbers of whole blocks as float32.
  ///
  /// @param from the first byte of the first block
  /// @param to takes them from index 0 on
  void read(MemorySegment file, long from, float[] to) {
    for (int i = 0; i < to.length; i += block) {
      long at = from + bytes(i);
      switch (this) {
        case F32 -> to[i] = Float.intBitsToFloat(file.get(INT, at));
        case F16 -> to[i] = half(file, at);
        case BF16 -> to[i] = Float.intBitsToFloat(file.get(SHORT, at) << Short.SIZE);
        case Q4_0 -> fourBits(file, at + 2, half(file, at), -8 * half(file, at), to, i);
        case Q4_1 -> fourBits(file, at + 4, half(file, at), half(file, at + 2), to, i);
        case Q5_0 -> fiveBits(file, at + 2, half(file, at), -16 * half(file, at), to, i);
        case Q5_1 -> fiveBits(file, at + 4, half(file, at), half(file, at + 2), to, i);
        case Q8_0 -> {
          float scale = half(file, at);
          for (int j = 0; j < block; j++) {
            to[i + j] = scale * file.get(JAVA_BYTE, at + 2 + j);
          }
        }
        case Q4_K -> fourBitGroups(file, at, to, i);
        case Q6_K -> sixBitGroups(file, at, to, i);
      }
    }
  }

  private static float half(MemorySegment file, long at) {
    return Float.float16ToFloat(file.get(SHORT, at));
  }

  private static int unsigned(MemorySegment file, long at) {
    return Byte.toUnsignedInt(file.get(JAVA_BYTE, at));
  }

  /// The lower halves of 16 bytes, then the upper ones.
  private static void fourBits(
      MemorySegment file, long at, float scale, float offset, float[] to, int first) {
    for (int j = 0; j < HALF_BLOCK; j++) {
      int both = unsigned(file, at + j);
      to[first + j] = (both & LOWER) * scale + offset;
      to[first + HALF_BLOCK + j] = (both >>> 4) * scale + offset;
    }
  }

  /// The same, the fifth bits in 32 bits before.
  private static void fiveBits(
      MemorySegment file, long at, float scale, float offset, float[] to, int first) {
    int fifth = file.get(INT, at);
    for (int j = 0; j < HALF_BLOCK; j++) {
      int both = unsigned(file, at + Integer.BYTES + j);
      int low = (both & LOWER) | (((fifth >>> j) & 1) << 4);
      int high = (both >>> 4) | (((fifth >>> (j + HALF_BLOCK)) & 1) << 4);
      to[first + j] = low * scale + offset;
      to[first + HALF_BLOCK + j] = high * scale + offset;
    }
  }

  /// Scale and least offset, 12 bytes with six bits of scale and offset of each group, then the
  /// lower halves of 32 bytes and the upper ones in turn.
  private static void fourBitGroups(MemorySegment file, long at, float[] to, int first) {
    float scale = half(file, at);
    float least = half(file, at + 2);
    long scales = at + 4;
    long numbers = scales + 12;
    for (int group = 0; group < 8; group++) {
      float own = scale * groupScale(file, scales, group);
      float offset = least * groupOffset(file, scales, group);
      long from = numbers + group / 2 * 32L;
      int shift = group % 2 * 4;
      for (int j = 0; j < 32; j++) {
        int number = (unsigned(file, from + j) >>> shift) & LOWER;
        to[first + group * 32 + j] = own * number - offset;
      }
    }
  }

  private static int groupScale(MemorySegment file, long scales, int group) {
    if (group < 4) {
      return unsigned(file, scales + group) & SIX_BITS;
    }
    int low = unsigned(file, scales + group + 4) & LOWER;
    int high = unsigned(file, scales + group - 4) >>> 6;
    return low | (high << 4);
  }

  private static int groupOffset(MemorySegment file, long scales, int group) {
    if (group < 4) {
      return unsigned(file, scales + group + 4) & SIX_BITS;
    }
    int low = unsigned(file, scales + group + 4) >>> 4;
    int high = unsigned(file, scales + group) >>> 6;
    return low | (high << 4);
  }

  /// Four bits of each number, then two more of each, then the groups' scales, then their scale.
  private static void sixBitGroups(MemorySegment file, long at, float[] to, int first) {
    long upper = at + 128;
    long scales = upper + 64;
    float scale = half(file, scales + 16);
    for (int number = 0; number < 256; number++) {
      int part = number / 128; // of the two halves
      int quarter = number % 128 / 32;
      int column = number % 32;
      int fours = unsigned(file, at + part * 64L + quarter % 2 * 32L + column);
      int four = (fours >>> (quarter / 2 * 4)) & LOWER;
      int two = (unsigned(file, upper + part * 32L + column) >>> (quarter * 2)) & 3;
      int own = file.get(JAVA_BYTE, scales + number / 16);
      to[first + number] = scale * own * ((four | (two << 4)) - 32);
    }
  }
}
