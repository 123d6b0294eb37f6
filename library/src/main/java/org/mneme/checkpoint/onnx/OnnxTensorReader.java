package org.mneme.checkpoint.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads one tensor: its fields come one by one, in any order.
final class OnnxTensorReader implements ProtobufReader.Field {
  /// Sizes are products of what the file says, so they are bounded before anything is allocated.
  private static final long MAX_ELEMENTS = 1L << 40;

  private final ProtobufReader in;
  private final OnnxReader.SideFiles sideFiles;
  private final List<Long> dims = new ArrayList<>();
  private final ByteArrayOutputStream fixed = new ByteArrayOutputStream();
  private final List<Long> whole = new ArrayList<>();
  private String name = "";
  private final Map<String, String> external = new HashMap<>();
  private boolean isExternal;
  private int code;
  private Optional<MemorySegment> raw = Optional.empty();

  private OnnxTensorReader(ProtobufReader in, OnnxReader.SideFiles sideFiles) {
    this.in = in;
    this.sideFiles = sideFiles;
  }

  /// Reads the tensor whose tag was read already.
  static OnnxTensor read(ProtobufReader in, int tag, OnnxReader.SideFiles sideFiles)
      throws IOException {
    var reader = new OnnxTensorReader(in, sideFiles);
    in.message(tag, reader);
    return reader.build();
  }

  @Override
  public void read(int number, int tag) throws IOException {
    switch (number) {
      case 1 -> in.wholes(tag, dims);
      case 2 -> code = (int) in.whole(tag);
      case 4 -> fixed.write(in.reals(tag, 4));
      case 10 -> fixed.write(in.reals(tag, 8));
      case 5, 7, 11 -> in.wholes(tag, whole);
      case 8 -> name = in.text(tag);
      case 9 -> raw = Optional.of(in.payload(tag));
      case 13 -> external(tag);
      case 14 -> isExternal = in.whole(tag) == 1;
      default -> in.skip(tag);
    }
  }

  private void external(int tag) throws IOException {
    String[] entry = {"", ""};
    in.message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> entry[0] = in.text(inner);
            case 2 -> entry[1] = in.text(inner);
            default -> in.skip(inner);
          }
        });
    external.put(entry[0], entry[1]);
  }

  /// The bytes of a tensor that lie in a file beside the model.
  private MemorySegment beside() throws IOException {
    MemorySegment file = sideFiles.map(external.getOrDefault("location", ""));
    try {
      long offset = Long.parseLong(external.getOrDefault("offset", "0"));
      long rest = file.byteSize() - offset;
      long length = Long.parseLong(external.getOrDefault("length", Long.toString(rest)));
      return file.asSlice(offset, length);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new IOException("tensor '" + name + "' lies outside its file: " + external, e);
    }
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

  private MemorySegment data(OnnxType type) throws IOException {
    if (isExternal) {
      return beside();
    }
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
