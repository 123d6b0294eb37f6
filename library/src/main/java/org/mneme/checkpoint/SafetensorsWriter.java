package org.mneme.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Writes safetensors files: atomically, tensor by tensor from where they are.
///
/// Tensors are ordered by element size, largest first, then by name; the data begins at a multiple
/// of 8. So every tensor is aligned to its elements. The same tensors and metadata give the same
/// bytes.
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final int CHUNK = 1 << 23;

  private SafetensorsWriter() {}

  /// Writes `tensors` as they are now, with `metadata` as the file's `__metadata__` unless it is
  /// empty.
  public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, TensorContent> contents = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> contents.put(name, TensorContent.of(tensor)));
    writeContents(path, contents, metadata);
  }

  /// The same for tensors whose bytes come when it is their turn.
  public static void writeContents(
      Path path, Map<String, TensorContent> contents, Map<String, String> metadata) {
    AtomicFile.write(path, channel -> writeTo(channel, path.toString(), contents, metadata));
  }

  /// The same into a file that somebody else opened, and calls `name`.
  static void writeTo(
      FileChannel channel,
      String name,
      Map<String, TensorContent> contents,
      Map<String, String> metadata)
      throws IOException {
    List<Map.Entry<String, TensorContent>> ordered = ordered(contents);
    byte[] header = header(name, ordered, metadata);
    ByteBuffer length = ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES);
    length.order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length);
    writeFully(channel, length);
    writeFully(channel, ByteBuffer.wrap(header));
    for (var entry : ordered) {
      writeTensor(channel, entry.getKey(), entry.getValue());
    }
  }

  private static List<Map.Entry<String, TensorContent>> ordered(
      Map<String, TensorContent> contents) {
    Comparator<Map.Entry<String, TensorContent>> bySize =
        Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes());
    return contents.entrySet().stream().sorted(bySize.thenComparing(Map.Entry::getKey)).toList();
  }

  /// The JSON, filled up with spaces so that the data after it is aligned.
  private static byte[] header(
      String path, List<Map.Entry<String, TensorContent>> ordered, Map<String, String> metadata) {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator json =
        new JsonFactory().createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectPropertyStart(HeaderParser.METADATA);
        metadata.forEach(json::writeStringProperty);
        json.writeEndObject();
      }
      long begin = 0;
      for (var entry : ordered) {
        begin = describe(json, entry.getKey(), entry.getValue(), begin);
      }
      json.writeEndObject();
    }
    while ((SafetensorsHeader.LENGTH_BYTES + bytes.size()) % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > SafetensorsHeader.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header of %s would have %d bytes, more than any reader takes (%d): fewer tensors"
              .formatted(path, bytes.size(), SafetensorsHeader.MAX_HEADER_BYTES));
    }
    return bytes.toByteArray();
  }

  /// Describes one tensor, which begins at byte `begin` of the data, and returns where it ends.
  private static long describe(JsonGenerator json, String name, TensorContent content, long begin) {
    if (name.equals(HeaderParser.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be called " + name);
    }
    long end = Math.addExact(begin, content.bytes());
    json.writeObjectPropertyStart(name);
    json.writeStringProperty("dtype", content.dtype().name());
    json.writeArrayPropertyStart("shape");
    content.shape().forEach(json::writeNumber);
    json.writeEndArray();
    json.writeArrayPropertyStart("data_offsets");
    json.writeNumber(begin);
    json.writeNumber(end);
    json.writeEndArray();
    json.writeEndObject();
    return end;
  }

  private static void writeTensor(FileChannel channel, String name, TensorContent content)
      throws IOException {
    long begin = channel.position();
    content.writer().writeTo(bytes -> writeFully(channel, bytes));
    long written = channel.position() - begin;
    if (written != content.bytes()) {
      throw new IllegalStateException(
          "tensor %s handed over %d bytes, not %d".formatted(name, written, content.bytes()));
    }
  }

  private static void writeFully(FileChannel channel, MemorySegment bytes) throws IOException {
    for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
      MemorySegment chunk = bytes.asSlice(at, Math.min(CHUNK, bytes.byteSize() - at));
      boolean viewable = chunk.heapBase().filter(base -> !(base instanceof byte[])).isEmpty();
      writeFully(
          channel,
          viewable ? chunk.asByteBuffer() : ByteBuffer.wrap(chunk.toArray(ValueLayout.JAVA_BYTE)));
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      int unused = channel.write(buffer);
    }
  }
}
