package org.mneme.checkpoint.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// A GGUF file, versions 2 and 3: metadata by key, and tensors. Mapped until it is closed; opening
/// checks all of the header, and that every tensor lies in the file.
final class GgufFile implements AutoCloseable {
  private static final String FETCH_AGAIN =
      "the file is damaged or incomplete: copy or download it again";
  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final int MOST_DIMENSIONS = 4;
  private static final int LONGEST_KEY = 1 << 16;
  private static final int LONGEST_TEXT = 1 << 24;
  private static final int LONGEST_LIST = 1 << 24; // elements
  private static final int LONGEST_QUOTE = 100;
  private static final String ALIGNMENT = "general.alignment";
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final MemorySegment file;
  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private long at;

  /// Where a tensor is.
  ///
  /// @param shape rows first, as elsewhere; the file has it the other way round
  /// @param begin its first byte in the file
  record Tensor(String name, GgufType type, List<Long> shape, long begin) {
    /// All numbers.
    long numbers() {
      return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }

    /// Numbers of a row, which follow each other.
    int width() {
      return shape.isEmpty() ? 1 : Math.toIntExact(shape.getLast());
    }

    /// Bytes of a row.
    long rowBytes() {
      return type.bytes(width());
    }
  }

  private GgufFile(Path path, Arena arena, MemorySegment file) {
    this.path = path;
    this.arena = arena;
    this.file = file;
  }

  /// Opens and checks the file.
  ///
  /// @throws InvalidInputException of kind WEIGHTS where it is damaged or holds what is not known
  static GgufFile open(Path path) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      GgufFile file = new GgufFile(path, arena, mapped);
      file.read();
      return file;
    } catch (IOException e) {
      arena.close();
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          path.toString(),
          path + ": cannot be read (" + e + "); give a GGUF file",
          e);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /// The metadata by key: [Long], [Double], [Boolean], [String], or a [List] of these.
  Map<String, Object> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  /// The tensors by name, in the file's order.
  Map<String, Tensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /// The path that it was opened by.
  Path path() {
    return path;
  }

  /// Row `row` of a tensor as float32, into `to`, which has its width.
  void row(Tensor tensor, long row, float[] to) {
    tensor.type.read(file, tensor.begin + row * tensor.rowBytes(), to);
  }

  /// An error about this file.
  InvalidInputException error(String found, String remedy) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS, path.toString(), path + ": " + found + "; " + remedy);
  }

  private void read() {
    if (file.byteSize() < 24 || file.get(INT, 0) != MAGIC) {
      throw error("is no GGUF file (it does not begin with \"GGUF\")", "give a GGUF file");
    }
    int version = file.get(INT, 4);
    if (version != 2 && version != 3) {
      throw error(
          "has version " + version + " of GGUF; known are 2 and 3",
          "convert it with a newer llama.cpp");
    }
    long tensorCount = file.get(LONG, 8);
    long keyCount = file.get(LONG, 16);
    at = 24;
    requireRoom(keyCount, 13, "keys");
    for (long i = 0; i < keyCount; i++) {
      String key = string("the key of metadata " + i, LONGEST_KEY);
      Object value = value(int32("the type of " + key), key, true);
      if (metadata.put(key, value) != null) {
        throw error("has the key " + key + " twice", FETCH_AGAIN);
      }
    }
    requireRoom(tensorCount, 24, "tensors");
    List<Tensor> unplaced = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      unplaced.add(tensor(i));
    }
    long alignment = metadata.get(ALIGNMENT) instanceof Long own ? own : 32;
    if (alignment < 1 || alignment > 1 << 20) {
      throw error(ALIGNMENT + " is " + alignment, FETCH_AGAIN);
    }
    long data = (at + alignment - 1) / alignment * alignment;
    unplaced.forEach(tensor -> place(tensor, data));
  }

  /// The next tensor's description; `begin` counts from the data on.
  private Tensor tensor(long index) {
    String name = string("the name of tensor " + index, LONGEST_KEY);
    int dimensions = int32("the dimensions of " + name);
    if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
      throw error("tensor " + name + " has " + dimensions + " dimensions", FETCH_AGAIN);
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      long size = int64("a size of " + name);
      if (size < 1 || size > Integer.MAX_VALUE) {
        throw error("tensor " + name + " has a size of " + size, FETCH_AGAIN);
      }
      shape.addFirst(size);
    }
    int number = int32("the type of " + name);
    GgufType type =
        GgufType.numbered(number)
            .orElseThrow(() ->
                error(
                    "tensor " + name + " is stored as ggml type " + number,
                    "known are "
                        + List.of(GgufType.values())
                        + "; take another file of the model"));
    return new Tensor(name, type, List.copyOf(shape), int64("the place of " + name));
  }

  private void place(Tensor tensor, long data) {
    String name = tensor.name;
    if (tensor.width() % tensor.type.block() != 0) {
      throw error(
          "rows of tensor %s have %d numbers, no multiple of the %d that %s stores together"
              .formatted(name, tensor.width(), tensor.type.block(), tensor.type),
          FETCH_AGAIN);
    }
    long bytes;
    try {
      bytes = tensor.type.bytes(tensor.numbers());
    } catch (ArithmeticException _) {
      throw error("tensor " + name + " of shape " + tensor.shape + " is too large", FETCH_AGAIN);
    }
    long room = file.byteSize() - data;
    if (tensor.begin < 0 || tensor.begin > room || bytes > room - tensor.begin) {
      throw error(
          "tensor %s has %,d bytes from byte %,d of the data on, which has %,d"
              .formatted(name, bytes, tensor.begin, Math.max(0, room)),
          FETCH_AGAIN);
    }
    var placed = new Tensor(name, tensor.type, tensor.shape, data + tensor.begin);
    if (tensors.put(name, placed) != null) {
      throw error("has the tensor " + name + " twice", FETCH_AGAIN);
    }
  }

  /// A value of that type of GGUF's.
  private Object value(int type, String key, boolean listed) {
    return switch (type) {
      case 0 -> (long) Byte.toUnsignedInt(int8(key));
      case 1 -> (long) int8(key);
      case 2 -> (long) Short.toUnsignedInt(int16(key));
      case 3 -> (long) int16(key);
      case 4 -> Integer.toUnsignedLong(int32(key));
      case 5 -> (long) int32(key);
      case 6 -> (double) Float.intBitsToFloat(int32(key));
      case 7 -> int8(key) != 0;
      case 8 -> string(key, LONGEST_TEXT);
      case 9 -> {
        if (!listed) {
          throw error(key + " is a list of lists", "that is not supported; take another file");
        }
        yield list(key);
      }
      case 10, 11 -> int64(key);
      case 12 -> Double.longBitsToDouble(int64(key));
      default -> throw error(key + " is of the unknown type " + type, FETCH_AGAIN);
    };
  }

  private List<Object> list(String key) {
    int type = int32("the type of " + key);
    long count = int64("the length of " + key);
    requireRoom(count, smallest(type), "elements of " + key);
    if (count > LONGEST_LIST) {
      throw error(key + " has " + count + " elements", "take another file");
    }
    List<Object> list = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      list.add(value(type, key, false));
    }
    return Collections.unmodifiableList(list);
  }

  private static int smallest(int type) {
    return switch (type) {
      case 2, 3 -> Short.BYTES;
      case 4, 5, 6 -> Integer.BYTES;
      case 8, 10, 11, 12 -> Long.BYTES;
      default -> 1;
    };
  }

  /// A damaged count would fill the memory before the file is at its end.
  private void requireRoom(long count, int bytesEach, String what) {
    if (count < 0 || count > (file.byteSize() - at) / bytesEach) {
      throw error(
          "says that it has %s %s, for which it is too short"
              .formatted(Long.toUnsignedString(count), what),
          FETCH_AGAIN);
    }
  }

  private long take(long bytes, String what) {
    if (bytes < 0 || bytes > file.byteSize() - at) {
      throw error("ends before " + what + " does", FETCH_AGAIN);
    }
    long from = at;
    at += bytes;
    return from;
  }

  private byte int8(String what) {
    return file.get(JAVA_BYTE, take(Byte.BYTES, what));
  }

  private short int16(String what) {
    return file.get(SHORT, take(Short.BYTES, what));
  }

  private int int32(String what) {
    return file.get(INT, take(Integer.BYTES, what));
  }

  private long int64(String what) {
    return file.get(LONG, take(Long.BYTES, what));
  }

  private String string(String what, int longest) {
    long length = int64("the length of " + what);
    if (length < 0 || length > longest) {
      throw error(what + " has " + Long.toUnsignedString(length) + " bytes", FETCH_AGAIN);
    }
    byte[] bytes = new byte[0];
    long from = take(length, what);
    if (length > 0) {
      bytes = file.asSlice(from, length).toArray(JAVA_BYTE);
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException _) {
      throw error(what + " is not UTF-8", FETCH_AGAIN);
    }
  }

  private static String quoted(Object value) {
    String text = value instanceof List<?> list ? "a list of " + list.size() : value.toString();
    return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "...";
  }

  /// A whole number, null where the key is absent.
  @Nullable Long integer(String key) {
    return switch (metadata.get(key)) {
      case null -> null;
      case Long own -> own;
      case Object other ->
          throw error(key + " is " + quoted(other) + ", no whole number", "take another file");
    };
  }

  /// A number, null where the key is absent.
  @Nullable Double number(String key) {
    return switch (metadata.get(key)) {
      case null -> null;
      case Double own -> own;
      case Long own -> (double) own;
      case Object other ->
          throw error(key + " is " + quoted(other) + ", no number", "take another file");
    };
  }

  /// A text, null where the key is absent.
  @Nullable String text(String key) {
    return switch (metadata.get(key)) {
      case null -> null;
      case String own -> own;
      case Object other ->
          throw error(key + " is " + quoted(other) + ", no text", "take another file");
    };
  }

  /// Yes or no, null where the key is absent.
  @Nullable Boolean flag(String key) {
    return switch (metadata.get(key)) {
      case null -> null;
      case Boolean own -> own;
      case Object other ->
          throw error(key + " is " + quoted(other) + ", not true or false", "take another file");
    };
  }

  /// A list whose elements are all of `type`, empty where the key is absent.
  <T> List<T> list(String key, Class<T> type) {
    Object found = metadata.getOrDefault(key, List.of());
    if (!(found instanceof List<?> list) || !list.stream().allMatch(type::isInstance)) {
      throw error(key + " is no list of " + type.getSimpleName(), "take another file");
    }
    return list.stream().map(type::cast).toList();
  }

  @Override
  public void close() {
    arena.close();
  }
}
