package org.mneme.checkpoint.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Reads protocol-buffer messages field by field, without generated classes.
///
/// What is damaged is an IOException. Long payloads are not copied: they are parts of the file.
final class ProtobufReader {
  private final MemorySegment bytes;
  private final CodedInputStream in;

  ProtobufReader(MemorySegment bytes) {
    this.bytes = bytes;
    this.in = CodedInputStream.newInstance(new SegmentStream(bytes));
  }

  /// Where it has come to, in bytes from the start.
  long position() {
    return in.getTotalBytesRead();
  }

  /// Reads one field, whose tag was read already.
  interface Field {
    void read(int number, int tag) throws IOException;
  }

  /// Reads the fields of the message at hand to its end.
  void fields(Field field) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      field.read(WireFormat.getTagFieldNumber(tag), tag);
    }
  }

  /// Reads a message inside the one at hand.
  void message(int tag, Field field) throws IOException {
    int length = length(tag);
    int limit = in.pushLimit(length);
    fields(field);
    in.checkLastTagWas(0);
    if (in.getBytesUntilLimit() != 0) {
      throw new IOException("it ends within a message");
    }
    in.popLimit(limit);
  }

  /// Reads the length of what follows.
  private int length(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    int length = in.readRawVarint32();
    if (length < 0) {
      throw new IOException("a length is negative");
    }
    return length;
  }

  private static void expect(int tag, int wireType) throws IOException {
    if (WireFormat.getTagWireType(tag) != wireType) {
      throw new IOException(
          "field " + WireFormat.getTagFieldNumber(tag) + " is of an unexpected kind");
    }
  }

  /// Reads a word.
  String text(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return in.readString();
  }

  /// Reads a whole number.
  long whole(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_VARINT);
    return in.readRawVarint64();
  }

  /// Reads a real number.
  float real(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_FIXED32);
    return in.readFloat();
  }

  /// Reads past a field of no interest.
  void skip(int tag) throws IOException {
    // groups may nest without bound in a damaged file, and no ONNX message holds one
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_START_GROUP || !in.skipField(tag)) {
      throw new IOException("a field is of no kind that ONNX knows");
    }
  }

  /// The payload that follows, as a part of the file.
  MemorySegment payload(int tag) throws IOException {
    int length = length(tag);
    long offset = in.getTotalBytesRead();
    in.skipRawBytes(length);
    return bytes.asSlice(offset, length);
  }

  /// The bytes of real numbers of `size` bytes, packed or single: both stand as in raw data.
  byte[] reals(int tag, int size) throws IOException {
    int length =
        switch (WireFormat.getTagWireType(tag)) {
          case WireFormat.WIRETYPE_FIXED32 -> 4;
          case WireFormat.WIRETYPE_FIXED64 -> 8;
          default -> length(tag);
        };
    if (length % size != 0) {
      throw new IOException("a list ends within a number");
    }
    return in.readRawBytes(length);
  }

  /// Reads whole numbers, packed or a single one, and adds them to `into`.
  void wholes(int tag, List<Long> into) throws IOException {
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
      into.add(in.readRawVarint64());
      return;
    }
    int limit = in.pushLimit(length(tag));
    while (in.getBytesUntilLimit() > 0) {
      into.add(in.readRawVarint64());
    }
    in.popLimit(limit);
  }

  /// Reads real numbers, packed or a single one, and adds them to `into`.
  void reals(int tag, List<Float> into) throws IOException {
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_FIXED32) {
      into.add(in.readFloat());
      return;
    }
    int limit = in.pushLimit(length(tag));
    while (in.getBytesUntilLimit() > 0) {
      into.add(in.readFloat());
    }
    in.popLimit(limit);
  }

  /// A stream over the mapped file, in which skipping costs nothing.
  private static final class SegmentStream extends InputStream {
    private final MemorySegment bytes;
    private long position;

    SegmentStream(MemorySegment bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() {
      return position == bytes.byteSize()
          ? -1
          : Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, position++));
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      int count = (int) Math.min(length, bytes.byteSize() - position);
      if (count == 0) {
        return -1;
      }
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, position, into, offset, count);
      position += count;
      return count;
    }

    @Override
    public long skip(long count) {
      long skipped = Math.clamp(count, 0, bytes.byteSize() - position);
      position += skipped;
      return skipped;
    }

    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, bytes.byteSize() - position);
    }
  }
}
