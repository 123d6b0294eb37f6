package org.mneme.checkpoint.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mneme.InvalidInputException;

/// Reads the protocol-buffer messages of an ONNX file, whose field numbers are those of onnx.proto (IR version 3 on).
///
/// The bytes of tensors are not copied: they are skipped and handed on as parts of the file.
final class OnnxReader {
  /// Sizes are products of what the file says, so they are bounded before anything is allocated.
  private static final long MAX_ELEMENTS = 1L << 40;

  private final String source;
  private final MemorySegment bytes;
  private final CodedInputStream in;

  private final List<OnnxNode> nodes = new ArrayList<>();
  private final List<OnnxTensor> initialisers = new ArrayList<>();
  private final List<OnnxValue> inputs = new ArrayList<>();
  private final List<OnnxValue> outputs = new ArrayList<>();
  private long opset;

  /// What the file holds, in its order.
  record Parts(
      long opset,
      List<OnnxNode> nodes,
      List<OnnxTensor> initialisers,
      List<OnnxValue> inputs,
      List<OnnxValue> outputs) {}

  private OnnxReader(String source, MemorySegment bytes) {
    this.source = source;
    this.bytes = bytes;
    this.in = CodedInputStream.newInstance(new SegmentStream(bytes));
  }

  /// Reads a whole model.
  ///
  /// @throws InvalidInputException of kind WEIGHTS when the bytes are damaged
  static Parts read(String source, MemorySegment bytes) {
    var reader = new OnnxReader(source, bytes);
    try {
      reader.model();
    } catch (IOException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          source,
          "%s is damaged or no ONNX model, near byte %d of %d: %s"
              .formatted(
                  source, reader.in.getTotalBytesRead(), bytes.byteSize(), e.getMessage()),
          e);
    }
    return new Parts(
        reader.opset, reader.nodes, reader.initialisers, reader.inputs, reader.outputs);
  }

  /// Reads one field, whose tag was read already.
  private interface Field {
    void read(int number, int tag) throws IOException;
  }

  private void fields(Field field) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      field.read(WireFormat.getTagFieldNumber(tag), tag);
    }
  }

  /// Reads a message inside the one at hand.
  private void message(int tag, Field field) throws IOException {
    int length = length(tag);
    int limit = in.pushLimit(length);
    fields(field);
    in.checkLastTagWas(0);
    in.popLimit(limit);
  }

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

  private String text(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    return in.readString();
  }

  private long whole(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_VARINT);
    return in.readRawVarint64();
  }

  private float real(int tag) throws IOException {
    expect(tag, WireFormat.WIRETYPE_FIXED32);
    return in.readFloat();
  }

  private void skip(int tag) throws IOException {
    // groups may nest without bound in a damaged file, and no ONNX message holds one
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_START_GROUP
        || !in.skipField(tag)) {
      throw new IOException("a field is of no kind that ONNX knows");
    }
  }

  private void model() throws IOException {
    fields(
        (number, tag) -> {
          switch (number) {
            case 7 -> message(tag, this::graphField);
            case 8 -> operatorSet(tag);
            default -> skip(tag);
          }
        });
  }

  private void operatorSet(int tag) throws IOException {
    String[] domain = {""};
    long[] version = {0};
    message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> domain[0] = text(inner);
            case 2 -> version[0] = whole(inner);
            default -> skip(inner);
          }
        });
    if (domain[0].isEmpty() || domain[0].equals("ai.onnx")) {
      opset = version[0];
    }
  }

  private void graphField(int number, int tag) throws IOException {
    switch (number) {
      case 1 -> nodes.add(node(tag));
      case 5 -> initialisers.add(tensor(tag));
      case 11 -> inputs.add(value(tag));
      case 12 -> outputs.add(value(tag));
      default -> skip(tag);
    }
  }

  private OnnxNode node(int tag) throws IOException {
    List<String> from = new ArrayList<>();
    List<String> to = new ArrayList<>();
    String[] words = {"", "", ""};
    Map<String, OnnxAttribute> attributes = new HashMap<>();
    message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> from.add(text(inner));
            case 2 -> to.add(text(inner));
            case 3 -> words[0] = text(inner);
            case 4 -> words[1] = text(inner);
            case 5 -> attribute(inner, attributes);
            case 7 -> words[2] = text(inner);
            default -> skip(inner);
          }
        });
    return new OnnxNode(words[1], words[2], words[0], from, to, attributes);
  }

  private void attribute(int tag, Map<String, OnnxAttribute> into) throws IOException {
    String[] name = {""};
    OnnxAttribute[] single = {new OnnxAttribute.Other()};
    List<Long> wholes = new ArrayList<>();
    List<Float> reals = new ArrayList<>();
    long[] kind = {0};
    message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> name[0] = text(inner);
            case 2 -> single[0] = new OnnxAttribute.Real(real(inner));
            case 3 -> single[0] = new OnnxAttribute.Whole(whole(inner));
            case 4 -> single[0] = new OnnxAttribute.Text(text(inner));
            case 5 -> single[0] = new OnnxAttribute.Value(tensor(inner));
            case 7 -> reals(inner, reals);
            case 8 -> wholes(inner, wholes);
            case 20 -> kind[0] = whole(inner);
            default -> skip(inner);
          }
        });
    // an empty list writes no field at all, so the kind decides first
    if (kind[0] == 7 || !wholes.isEmpty()) {
      single[0] = new OnnxAttribute.Wholes(List.copyOf(wholes));
    } else if (kind[0] == 6 || !reals.isEmpty()) {
      single[0] = new OnnxAttribute.Reals(List.copyOf(reals));
    } else if (single[0] instanceof OnnxAttribute.Other && kind[0] == 2) {
      single[0] = new OnnxAttribute.Whole(0);
    } else if (single[0] instanceof OnnxAttribute.Other && kind[0] == 1) {
      single[0] = new OnnxAttribute.Real(0);
    }
    into.put(name[0], single[0]);
  }

  private void wholes(int tag, List<Long> into) throws IOException {
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

  private void reals(int tag, List<Float> into) throws IOException {
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

  private OnnxTensor tensor(int tag) throws IOException {
    var parts = new TensorParts();
    message(tag, parts);
    return parts.build();
  }

  private OnnxValue value(int tag) throws IOException {
    String[] name = {""};
    long[] type = {0};
    List<Long> dims = new ArrayList<>();
    boolean[] ranked = {false};
    Field shape =
        (number, inner) -> {
          if (number == 1) {
            dims.add(dimension(inner));
          } else {
            skip(inner);
          }
        };
    Field tensorType =
        (number, inner) -> {
          switch (number) {
            case 1 -> type[0] = whole(inner);
            case 2 -> {
              ranked[0] = true;
              message(inner, shape);
            }
            default -> skip(inner);
          }
        };
    Field typeField =
        (number, inner) -> {
          if (number == 1) {
            message(inner, tensorType);
          } else {
            skip(inner);
          }
        };
    message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> name[0] = text(inner);
            case 2 -> message(inner, typeField);
            default -> skip(inner);
          }
        });
    return new OnnxValue(
        name[0],
        OnnxType.of((int) type[0]),
        ranked[0] ? Optional.of(List.copyOf(dims)) : Optional.empty());
  }

  private long dimension(int tag) throws IOException {
    long[] size = {-1};
    message(
        tag,
        (number, inner) -> {
          if (number == 1) {
            size[0] = whole(inner);
          } else {
            skip(inner);
          }
        });
    return size[0] > 0 ? size[0] : -1;
  }

  /// The fields of one tensor as they arrive.
  private final class TensorParts implements Field {
    private final List<Long> dims = new ArrayList<>();
    private final ByteArrayOutputStream fixed = new ByteArrayOutputStream();
    private final List<Long> whole = new ArrayList<>();
    private String name = "";
    private int code;
    private Optional<MemorySegment> raw = Optional.empty();

    @Override
    public void read(int number, int tag) throws IOException {
      switch (number) {
        case 1 -> wholes(tag, dims);
        case 2 -> code = (int) OnnxReader.this.whole(tag);
        case 4 -> fixed(tag, 4);
        case 10 -> fixed(tag, 8);
        case 5, 7, 11 -> wholes(tag, whole);
        case 8 -> name = text(tag);
        case 9 -> raw = Optional.of(payload(tag));
        case 13 -> throw external();
        case 14 -> {
          if (OnnxReader.this.whole(tag) != 0) {
            throw external();
          }
        }
        default -> skip(tag);
      }
    }

    private MemorySegment payload(int tag) throws IOException {
      int length = length(tag);
      long offset = in.getTotalBytesRead();
      in.skipRawBytes(length);
      return bytes.asSlice(offset, length);
    }

    /// Real numbers, packed or one by one: in both ways their bytes stand as in raw data.
    private void fixed(int tag, int size) throws IOException {
      int length =
          switch (WireFormat.getTagWireType(tag)) {
            case WireFormat.WIRETYPE_FIXED32 -> 4;
            case WireFormat.WIRETYPE_FIXED64 -> 8;
            default -> length(tag);
          };
      if (length % size != 0) {
        throw new IOException("tensor '" + name + "' ends within a number");
      }
      fixed.write(in.readRawBytes(length));
    }

    private InvalidInputException external() {
      return new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          source,
          source
              + " keeps the weights"
              + (name.isEmpty() ? "" : " of '" + name + "'")
              + " in a second file (external data), which is not supported; export it with"
              + " external_data=False, or save it again as one file");
    }

    private OnnxTensor build() throws IOException {
      OnnxType type = OnnxType.of(code);
      if (type == OnnxType.OTHER) {
        return new OnnxTensor(name, dims, type, MemorySegment.NULL);
      }
      long count = 1;
      for (long dim : dims) {
        if (dim < 0 || (dim > 0 && count > MAX_ELEMENTS / dim)) {
          throw new IOException("tensor '" + name + "' has the impossible sizes " + dims);
        }
        count *= dim;
      }
      MemorySegment data = data(type);
      if (data.byteSize() != count * type.bytes()) {
        throw new IOException(
            "tensor '%s' of sizes %s needs %d bytes and holds %d"
                .formatted(name, dims, count * type.bytes(), data.byteSize()));
      }
      return new OnnxTensor(name, dims, type, data);
    }

    private MemorySegment data(OnnxType type) {
      if (raw.isPresent()) {
        return raw.get();
      }
      if (whole.isEmpty()) {
        return MemorySegment.ofArray(fixed.toByteArray());
      }
      byte[] packed = new byte[Math.multiplyExact(whole.size(), type.bytes())];
      for (int i = 0; i < packed.length; i++) {
        packed[i] = (byte) (whole.get(i / type.bytes()) >>> (8 * (i % type.bytes())));
      }
      return MemorySegment.ofArray(packed);
    }
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
