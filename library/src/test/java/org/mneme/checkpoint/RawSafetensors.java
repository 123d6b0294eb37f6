package org.mneme.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/// Safetensors files put together by hand, right or wrong.
final class RawSafetensors {
  private RawSafetensors() {}

  /// The bytes of a file with that header and that data.
  static byte[] file(String header, byte[] data) {
    return file(header.getBytes(StandardCharsets.UTF_8), data);
  }

  static byte[] file(byte[] header, byte[] data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .put(data)
        .array();
  }

  /// The header's entry for one tensor.
  static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  /// A header of entries.
  static String header(String... entries) {
    return Arrays.stream(entries).collect(Collectors.joining(",", "{", "}"));
  }

  /// A small file that has everything: metadata, every type, a scalar, an empty tensor, names of
  /// all sorts.
  static byte[] everything() {
    StringBuilder header =
        new StringBuilder("{\"__metadata__\":{\"format\":\"pt\",\"π\":\"\\u00e9\"}");
    int at = 0;
    for (Dtype dtype : Dtype.values()) {
      int bytes = 6 * dtype.bytes();
      header
          .append(',')
          .append(entry("layer." + dtype + ".weight", dtype.name(), "[2,3]", at, at + bytes));
      at += bytes;
    }
    header.append(',').append(entry("scalar", "F32", "[]", at, at + 4));
    at += 4;
    header.append(',').append(entry("empty", "I64", "[5,0,7]", at, at));
    header.append(',').append(entry("größe", "U8", "[3]", at, at + 3)).append("}  ");
    byte[] data = new byte[at + 3];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 37 % 2);
    }
    return file(header.toString(), data);
  }
}
