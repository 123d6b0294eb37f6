package org.mneme.run.events;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Writes protocol-buffer messages field by field, without generated classes.
final class Messages {
  private Messages() {}

  /// Writes the fields of a message.
  interface Body {
    void write(CodedOutputStream message) throws IOException;
  }

  /// The bytes of a message.
  static byte[] bytes(Body body) {
    try {
      var bytes = new ByteArrayOutputStream();
      CodedOutputStream message = CodedOutputStream.newInstance(bytes);
      body.write(message);
      message.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes a message as a field of another.
  static void put(CodedOutputStream message, int field, Body body) throws IOException {
    message.writeByteArray(field, bytes(body));
  }

  /// Writes a list of numbers as one field.
  static void put(CodedOutputStream message, int field, double[] values) throws IOException {
    put(
        message,
        field,
        list -> {
          for (double value : values) {
            list.writeDoubleNoTag(value);
          }
        });
  }
}
