package org.mneme.run.events;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// A protocol-buffer message, written field by field. Event files need four kinds of fields, for
/// which the library would start with a warning of the JVM.
final class Message {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /// Adds a whole number.
  Message whole(int field, long value) {
    varint((long) field << 3 | VARINT);
    varint(value);
    return this;
  }

  /// Adds a float64.
  Message real(int field, double value) {
    varint((long) field << 3 | FIXED64);
    bytes.writeBytes(little(Double.BYTES).putDouble(value).array());
    return this;
  }

  /// Adds a float32.
  Message real(int field, float value) {
    varint((long) field << 3 | FIXED32);
    bytes.writeBytes(little(Float.BYTES).putFloat(value).array());
    return this;
  }

  /// Adds a list of float64.
  Message reals(int field, double[] values) {
    byte[] packed = new byte[values.length * Double.BYTES];
    ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(values);
    return payload(field, packed);
  }

  /// Adds a text.
  Message text(int field, String text) {
    return payload(field, text.getBytes(StandardCharsets.UTF_8));
  }

  /// Adds a message.
  Message message(int field, Message message) {
    return payload(field, message.bytes());
  }

  /// All of it.
  byte[] bytes() {
    return bytes.toByteArray();
  }

  private Message payload(int field, byte[] payload) {
    varint((long) field << 3 | BYTES);
    varint(payload.length);
    bytes.writeBytes(payload);
    return this;
  }

  /// Seven bits a byte, the lowest first.
  private void varint(long value) {
    long left = value;
    while (left >>> 7 != 0) {
      bytes.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    bytes.write((int) left);
  }

  private static ByteBuffer little(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
