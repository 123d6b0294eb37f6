package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.checkpoint.RawSafetensors.entry;
import static org.mneme.checkpoint.RawSafetensors.file;
import static org.mneme.checkpoint.RawSafetensors.header;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class SafetensorsFileTest {
  @TempDir Path folder;

  private static SafetensorsFile over(byte[] bytes) {
    return SafetensorsFile.over(MemorySegment.ofArray(bytes), "some.safetensors");
  }

  @Test
  void everyTypeScalarsAndEmptyTensorsAreRead() throws IOException {
    Path path = folder.resolve("all.safetensors");
    Files.write(path, RawSafetensors.everything());
    try (var scope = new TensorScope();
        var file = SafetensorsFile.open(path)) {
      assertEquals(Map.of("format", "pt", "π", "é"), file.metadata());
      assertEquals(Dtype.values().length + 3, file.entries().size());
      for (Dtype dtype : Dtype.values()) {
        String name = "layer." + dtype + ".weight";
        assertEquals(List.of(2L, 3L), file.entry(name).shape());
        assertEquals(6L * dtype.bytes(), file.bytes(name).byteSize());
        if (dtype.scalarType().isPresent()) {
          var tensor = file.tensor(name);
          assertEquals(dtype, Dtype.of(tensor.scalar_type()));
          assertArrayEquals(
              file.bytes(name).toArray(ValueLayout.JAVA_BYTE),
              Tensors.memory(tensor).toArray(ValueLayout.JAVA_BYTE));
        }
      }
      assertArrayEquals(new long[0], Shapes.of(file.tensor("scalar")));
      assertArrayEquals(new long[] {5, 0, 7}, Shapes.of(file.tensor("empty")));
      assertEquals(torch.ScalarType.Byte, file.tensor("größe").scalar_type().intern());
    }
  }

  @Test
  void bytesOnlyTypesAreRefusedAsTensors() {
    try (var scope = new TensorScope();
        var file = over(RawSafetensors.everything())) {
      var error =
          assertThrows(InvalidInputException.class, () -> file.tensor("layer.F8_E4M3.weight"));
      assertMessage(error, "layer.F8_E4M3.weight", "raw bytes", "convert the file to F32 or BF16");
    }
  }

  @Test
  void aTruthValueThatIsNeitherTrueNorFalseIsRefused() {
    try (var scope = new TensorScope();
        var file = over(file(header(entry("mask", "BOOL", "[2]", 0, 2)), new byte[] {1, 7}))) {
      var error = assertThrows(InvalidInputException.class, () -> file.tensor("mask"));
      assertMessage(error, "\"mask\"", "byte 7 at element 1");
    }
  }

  @Test
  void anUnknownTensorIsNamed() {
    try (var file = over(RawSafetensors.everything())) {
      var error = assertThrows(InvalidInputException.class, () -> file.bytes("nowhere"));
      assertMessage(error, "some.safetensors", "\"nowhere\" is not in the file");
    }
  }

  @Test
  void aFileWithoutTensorsIsAFile() {
    try (var file = over(file("{}", new byte[0]))) {
      assertTrue(file.entries().isEmpty());
    }
  }

  @Test
  void filesAboveTwoGigabytesAreMappedWhole() throws IOException {
    long size = 3L << 30;
    byte[] head = file(header(entry("big", "U8", "[" + size + "]", 0, size)), new byte[0]);
    Path path = folder.resolve("big.safetensors");
    try (var channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(head));
      channel.write(ByteBuffer.wrap(new byte[] {42}), head.length + size - 1);
    }
    try (var file = SafetensorsFile.open(path)) {
      assertEquals(42, file.bytes("big").get(ValueLayout.JAVA_BYTE, size - 1));
    }
  }

  @Test
  void whatIsNoFileIsRefused() {
    Path missing = folder.resolve("missing.safetensors");
    var absent = assertThrows(InvalidInputException.class, () -> SafetensorsFile.open(missing));
    assertMessage(absent, missing.toString(), "does not exist");
    var directory = assertThrows(InvalidInputException.class, () -> SafetensorsFile.open(folder));
    assertMessage(directory, folder.toString(), "is not a file");
  }

  @Test
  void aDamagedFileOnDiskIsNamed() throws IOException {
    Path path = folder.resolve("damaged.safetensors");
    Files.write(path, new byte[] {1, 2, 3});
    var error = assertThrows(InvalidInputException.class, () -> SafetensorsFile.open(path));
    assertMessage(error, path.toString(), "has 3 bytes");
  }

  static Stream<Arguments> damagedHeaders() {
    String a = entry("a", "F32", "[2]", 0, 8);
    return Stream.of(
        Arguments.of("a hole", header(a, entry("b", "F32", "[1]", 12, 16)), 16, "leaves a hole"),
        Arguments.of("an overlap", header(a, entry("b", "F32", "[1]", 4, 8)), 8, "overlaps"),
        Arguments.of("a late begin", header(entry("a", "U8", "[2]", 1, 3)), 3, "leaves a hole"),
        Arguments.of("missing data", header(a), 7, "ends at byte 8 of the data"),
        Arguments.of("a rest", header(a), 9, "holds 9 bytes of data"),
        Arguments.of("data without tensors", "{}", 1, "holds 1 bytes of data"),
        Arguments.of(
            "end before begin", header(entry("a", "U8", "[2]", 2, 0)), 2, "data_offsets [2, 0]"),
        Arguments.of(
            "a wrong shape", header(entry("a", "F32", "[3]", 0, 8)), 8, "shape [3] need 12"),
        Arguments.of("a wrong type", header(entry("a", "F64", "[2]", 0, 8)), 8, "dtype F64"),
        Arguments.of(
            "an unknown type", header(entry("a", "F12", "[2]", 0, 8)), 8, "unknown dtype \"F12\""),
        Arguments.of(
            "a negative size", header(entry("a", "F32", "[-2]", 0, 8)), 8, "no integer from 0"),
        Arguments.of(
            "two negative sizes", header(entry("a", "F32", "[-2,-1]", 0, 8)), 8, "no integer"),
        Arguments.of("a minus zero", header(entry("a", "F32", "[-0]", 0, 0)), 0, "no integer"),
        Arguments.of("a fraction", header(entry("a", "F32", "[2.0]", 0, 8)), 8, "no integer"),
        Arguments.of(
            "a giant size",
            header(entry("a", "F32", "[9223372036854775808]", 0, 8)),
            8,
            "no integer"),
        Arguments.of(
            "an overflow to the right size",
            header(entry("a", "U8", "[4294967296,4294967296,8]", 0, 0)),
            0,
            "more bytes than can be counted"),
        Arguments.of(
            "an overflow beside a zero",
            header(entry("a", "U8", "[4294967296,4294967296,0]", 0, 0)),
            0,
            "more bytes than can be counted"),
        Arguments.of("a repeated name", header(a, a), 8, "\"a\" occurs twice"),
        Arguments.of(
            "a repeated key", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 0, "its dtype twice"),
        Arguments.of(
            "a missing key",
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}",
            0,
            "lacks its dtype, shape"),
        Arguments.of("an unknown key", "{\"a\":{\"size\":1}}", 0, "unknown key \"size\""),
        Arguments.of(
            "three offsets",
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1,1]}}",
            1,
            "[0, 1, 1]"),
        Arguments.of("a number for a tensor", "{\"a\":1}", 0, "is not described by an object"),
        Arguments.of(
            "a number for a type", "{\"a\":{\"dtype\":1}}", 0, "a dtype that is not a string"),
        Arguments.of(
            "a string for a shape", "{\"a\":{\"shape\":\"2\"}}", 0, "a shape that is not an array"),
        Arguments.of("a string in a shape", "{\"a\":{\"shape\":[\"2\"]}}", 0, "no integer"),
        Arguments.of(
            "metadata of numbers", "{\"__metadata__\":{\"n\":1}}", 0, "not a string: \"n\""),
        Arguments.of(
            "no metadata", "{\"__metadata__\":null}", 0, "__metadata__ that is not an object"),
        Arguments.of(
            "two metadata", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "two __metadata__"),
        Arguments.of(
            "a repeated metadata key",
            "{\"__metadata__\":{\"n\":\"\",\"n\":\"\"}}",
            0,
            "\"n\" twice"),
        Arguments.of(
            "half a pair", "{\"__metadata__\":{\"n\":\"\\ud800\"}}", 0, "half a surrogate"),
        Arguments.of("an array", "[]", 0, "does not begin with {"),
        Arguments.of("a space before it", " {}", 0, "does not begin with {"),
        Arguments.of("an open end", "{\"a\":", 0, "not JSON"),
        Arguments.of("two objects", "{}{}", 0, "after the end"),
        Arguments.of("a byte zero as filling", "{}\0\0", 0, "not JSON"),
        Arguments.of("a comma too many", "{" + a + ",}", 8, "not JSON"),
        Arguments.of(
            "deep nesting", "{\"a\":" + "[".repeat(100_000), 0, "is not described by an object"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damagedHeaders")
  void aHeaderIsRefusedWith(String what, String header, int dataBytes, String message) {
    byte[] bytes = file(header, new byte[dataBytes]);
    var error = assertThrows(InvalidInputException.class, () -> over(bytes), what);
    assertMessage(error, "some.safetensors: ", message);
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefused() {
    for (byte[] bad : List.of(new byte[] {(byte) 0xFF}, new byte[] {(byte) 0xC0, (byte) 0xAF})) {
      byte[] header = "{\"__metadata__\":{\"n\":\"??\"}}".getBytes(StandardCharsets.UTF_8);
      System.arraycopy(bad, 0, header, 22, bad.length);
      var error = assertThrows(InvalidInputException.class, () -> over(file(header, new byte[0])));
      assertMessage(error, "some.safetensors", "not UTF-8");
    }
  }

  @Test
  void anAbsurdHeaderLengthIsRefused() {
    for (long length : new long[] {0, 1, 3, 100_000_001, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      byte[] bytes = file("{}", new byte[0]);
      MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, length);
      var error = assertThrows(InvalidInputException.class, () -> over(bytes));
      assertMessage(error, "a header of " + Long.toUnsignedString(length) + " bytes", "copy,");
    }
  }

  @Test
  void aHeaderAboveAHundredMegabytesIsRefusedThoughItIsThere() throws IOException {
    Path path = folder.resolve("long.safetensors");
    long length = SafetensorsHeader.MAX_HEADER_BYTES + 1;
    try (var channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer field = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(field.putLong(0, length));
      channel.write(ByteBuffer.wrap(new byte[] {' '}), 8 + length);
    }
    var error = assertThrows(InvalidInputException.class, () -> SafetensorsFile.open(path));
    assertMessage(error, path.toString(), "2 to 100000000 are possible");
  }

  @Test
  void aNameOfAbsurdLengthIsCutInTheMessage() {
    byte[] bytes = file(header(entry("x".repeat(10_000), "F99", "[]", 0, 4)), new byte[4]);
    var error = assertThrows(InvalidInputException.class, () -> over(bytes));
    assertTrue(error.toString().length() < 1000, error.toString());
  }

  static void assertMessage(InvalidInputException error, String... parts) {
    String message = String.valueOf(error.getMessage());
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "\"" + part + "\" is not in: " + message);
    }
    assertEquals(InvalidInputException.Kind.WEIGHTS, error.kind());
  }
}
