package org.mneme.checkpoint.onnx;

/// The element types of ONNX tensors, with their code in the file and their bytes an element.
enum OnnxType {
  FLOAT(1, 4),
  UINT8(2, 1),
  INT8(3, 1),
  UINT16(4, 2),
  INT16(5, 2),
  INT32(6, 4),
  INT64(7, 8),
  BOOL(9, 1),
  FLOAT16(10, 2),
  DOUBLE(11, 8),
  UINT32(12, 4),
  UINT64(13, 8),
  BFLOAT16(16, 2),
  /// Text, complex numbers, packed nibbles: read past, an error only where a weight is one.
  OTHER(-1, 0);

  private final int code;
  private final int bytes;

  OnnxType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /// The type of that code, [#OTHER] where it holds no plain numbers.
  static OnnxType of(int code) {
    for (OnnxType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return OTHER;
  }

  /// Bytes of one element.
  int bytes() {
    return bytes;
  }

  /// Whether it holds real numbers; the others hold whole numbers or truth values.
  boolean isReal() {
    return switch (this) {
      case FLOAT, FLOAT16, BFLOAT16, DOUBLE -> true;
      case UINT8, INT8, UINT16, INT16, INT32, INT64, BOOL, UINT32, UINT64, OTHER -> false;
    };
  }
}
