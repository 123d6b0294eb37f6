package org.mneme.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/// The element types of safetensors files, under the names that the files use.
public enum Dtype {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U8(1),
  BOOL(1),
  /// Readable as raw bytes only, like the four that follow: libtorch can hardly compute with them.
  U16(2),
  U32(4),
  U64(8),
  F8_E4M3(1),
  F8_E5M2(1);

  private final int bytes;

  Dtype(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one element.
  public int bytes() {
    return bytes;
  }

  /// Whether the elements are numbers with a fraction.
  public boolean isFloating() {
    return switch (this) {
      case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
      case I64, I32, I16, I8, U8, BOOL, U16, U32, U64 -> false;
    };
  }

  /// The type of that name in a file, if there is one.
  static Optional<Dtype> named(String name) {
    return Arrays.stream(values()).filter(dtype -> dtype.name().equals(name)).findFirst();
  }

  /// The libtorch type with the same elements; empty for those that are only readable as bytes.
  public Optional<torch.ScalarType> scalarType() {
    return switch (this) {
      case F64 -> Optional.of(torch.ScalarType.Double);
      case F32 -> Optional.of(torch.ScalarType.Float);
      case F16 -> Optional.of(torch.ScalarType.Half);
      case BF16 -> Optional.of(torch.ScalarType.BFloat16);
      case I64 -> Optional.of(torch.ScalarType.Long);
      case I32 -> Optional.of(torch.ScalarType.Int);
      case I16 -> Optional.of(torch.ScalarType.Short);
      case I8 -> Optional.of(torch.ScalarType.Char);
      case U8 -> Optional.of(torch.ScalarType.Byte);
      case BOOL -> Optional.of(torch.ScalarType.Bool);
      case U16, U32, U64, F8_E4M3, F8_E5M2 -> Optional.empty();
    };
  }

  /// The type that tensors of `type` are written as.
  ///
  /// @throws IllegalArgumentException for a type that has no place in a safetensors file
  public static Dtype of(torch.ScalarType type) {
    // what libtorch hands out is no constant of the enum until it is interned
    torch.ScalarType constant = type.intern();
    return Arrays.stream(values())
        .filter(dtype -> dtype.scalarType().filter(constant::equals).isPresent())
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(constant + " tensors cannot be written as safetensors"));
  }
}
