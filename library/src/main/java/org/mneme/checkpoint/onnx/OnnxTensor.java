package org.mneme.checkpoint.onnx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/// A constant of the graph: its sizes and, little-endian and row after row, its elements.
///
/// @param name empty for the value of an attribute
/// @param data a part of the file wherever possible: valid until the graph is closed
record OnnxTensor(String name, List<Long> dims, OnnxType type, MemorySegment data) {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  OnnxTensor {
    dims = List.copyOf(dims);
  }

  /// A tensor of whole numbers, made by hand.
  static OnnxTensor ofLongs(List<Long> dims, List<Long> values) {
    MemorySegment data = MemorySegment.ofArray(new byte[Math.multiplyExact(values.size(), 8)]);
    for (int i = 0; i < values.size(); i++) {
      data.set(LONG, 8L * i, values.get(i));
    }
    return new OnnxTensor("", dims, OnnxType.INT64, data);
  }

  /// A tensor of real numbers, made by hand.
  static OnnxTensor ofFloats(List<Long> dims, List<Float> values) {
    MemorySegment data = MemorySegment.ofArray(new byte[Math.multiplyExact(values.size(), 4)]);
    for (int i = 0; i < values.size(); i++) {
      data.set(FLOAT, 4L * i, values.get(i));
    }
    return new OnnxTensor("", dims, OnnxType.FLOAT, data);
  }

  /// The number of elements.
  long count() {
    return type == OnnxType.OTHER ? 0 : data.byteSize() / type.bytes();
  }

  /// The element at `index` of the flat row; whole numbers beyond 2^53 are rounded.
  double element(long index) {
    long at = index * type.bytes();
    return switch (type) {
      case FLOAT -> data.get(FLOAT, at);
      case DOUBLE -> data.get(DOUBLE, at);
      case FLOAT16 -> Float.float16ToFloat(data.get(SHORT, at));
      case BFLOAT16 -> Float.intBitsToFloat(data.get(SHORT, at) << 16);
      case INT8 -> data.get(ValueLayout.JAVA_BYTE, at);
      case UINT8, BOOL -> Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, at));
      case INT16 -> data.get(SHORT, at);
      case UINT16 -> Short.toUnsignedInt(data.get(SHORT, at));
      case INT32 -> data.get(INT, at);
      case UINT32 -> Integer.toUnsignedLong(data.get(INT, at));
      case INT64, UINT64 -> data.get(LONG, at);
      case OTHER -> throw new IllegalStateException(name + " holds no numbers");
    };
  }
}
