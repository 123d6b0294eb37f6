package org.mneme.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Tensors;

/// An open safetensors file: its tensors' names, types and shapes, and their bytes mapped into
/// memory.
///
/// Opening reads and checks the header only; a file of any size opens at once. Any thread may read
/// it until it is closed. Whatever is wrong with the file is an [org.mneme.InvalidInputException]
/// of kind WEIGHTS.
public final class SafetensorsFile implements AutoCloseable {
  /// One tensor of a file.
  ///
  /// @param shape its sizes; empty for a scalar
  /// @param begin its first byte, counted from the start of the data
  /// @param end the byte after its last
  public record Entry(String name, Dtype dtype, List<Long> shape, long begin, long end) {
    public Entry {
      shape = List.copyOf(shape);
    }

    /// Bytes of the tensor.
    public long bytes() {
      return end - begin;
    }

    /// The shape as libtorch takes it.
    public long[] sizes() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  private final String name;
  private final MemorySegment file;
  private final Runnable release;
  private final SafetensorsHeader header;

  private SafetensorsFile(String name, MemorySegment file, Runnable release) {
    this.name = name;
    this.file = file;
    this.release = release;
    this.header = SafetensorsHeader.read(file, name);
  }

  /// Maps `path` into memory and checks its header.
  public static SafetensorsFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw WeightsError.file(
          path,
          Files.exists(path) ? "is not a file" : "does not exist",
          "give the path of a .safetensors file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new SafetensorsFile(path.toString(), file, arena::close);
    } catch (IOException e) {
      arena.close();
      throw WeightsError.file(
          path, "cannot be read (" + e + ")", "check its permissions and the disk", e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// The file whose bytes are `file`, for which errors say `name`. Closing leaves the bytes alone.
  static SafetensorsFile over(MemorySegment file, String name) {
    return new SafetensorsFile(name, file, () -> {});
  }

  /// The tensors by name, in the order of the header.
  public Map<String, Entry> entries() {
    return header.entries();
  }

  /// The strings of `__metadata__`; empty where there are none.
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /// The description of the tensor `tensor`.
  public Entry entry(String tensor) {
    Entry entry = header.entries().get(tensor);
    if (entry == null) {
      throw WeightsError.tensor(
          name, tensor, "is not in the file", "check the name, or take the file it belongs to");
    }
    return entry;
  }

  /// The bytes of the tensor `tensor`, without a copy: read-only, little-endian, at any alignment,
  /// valid until the file is closed.
  public MemorySegment bytes(String tensor) {
    Entry entry = entry(tensor);
    return file.asSlice(header.dataStart() + entry.begin(), entry.bytes()).asReadOnly();
  }

  /// The tensor `tensor` of a file that was opened by its path, as rows that stay there; to be
  /// closed.
  FileRows rows(String tensor) {
    Path path = Path.of(name);
    try {
      return new FileRows(path, header.dataStart(), entry(tensor));
    } catch (IOException e) {
      throw WeightsError.file(
          path, "cannot be read (" + e + ")", "check its permissions and the disk", e);
    }
  }

  /// A copy of the tensor `tensor` on the CPU, in the file's type; it belongs to the open scope.
  public Tensor tensor(String tensor) {
    Entry entry = entry(tensor);
    var type =
        entry
            .dtype()
            .scalarType()
            .orElseThrow(() ->
                WeightsError.tensor(
                    name,
                    tensor,
                    "has dtype " + entry.dtype() + ", which can be read as raw bytes only",
                    "convert the file to F32 or BF16"));
    MemorySegment bytes = bytes(tensor);
    if (entry.dtype() == Dtype.BOOL) {
      requireTruthValues(tensor, bytes);
    }
    Tensor copy = Tensors.empty(type, entry.sizes());
    if (entry.bytes() > 0) {
      Tensors.memory(copy).copyFrom(bytes);
    }
    return copy;
  }

  /// Throws where a byte is neither 0 nor 1: what libtorch makes of such a truth value is
  /// undefined.
  private void requireTruthValues(String tensor, MemorySegment bytes) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      byte value = bytes.get(ValueLayout.JAVA_BYTE, i);
      if (value != 0 && value != 1) {
        throw WeightsError.tensor(
            name,
            tensor,
            "has dtype BOOL and the byte " + value + " at element " + i,
            WeightsError.FETCH_AGAIN);
      }
    }
  }

  @Override
  public void close() {
    release.run();
  }
}
