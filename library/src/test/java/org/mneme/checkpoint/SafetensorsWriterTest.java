package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class SafetensorsWriterTest {
  @TempDir Path folder;

  private Path target() {
    return folder.resolve("model.safetensors");
  }

  /// Writes one byte tensor without libtorch.
  private static void writeBytes(Path path, byte... bytes) {
    SafetensorsWriter.writeContents(path, Map.of("bytes", content(bytes)), Map.of());
  }

  private static TensorContent content(byte... bytes) {
    return new TensorContent(
        Dtype.U8, List.of((long) bytes.length), sink -> sink.write(MemorySegment.ofArray(bytes)));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsWrittenIsRead() {
    try (var scope = new TensorScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Dtype dtype : Dtype.values()) {
        dtype.scalarType().ifPresent(type -> tensors.put("of " + dtype, torch.ones(2, 3).to(type)));
      }
      tensors.put("scalar", Tensors.of(new double[] {Math.PI}));
      tensors.put("empty", Tensors.zeros(torch.ScalarType.Float, 3, 0, 2));
      tensors.put("turned", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t());
      tensors.put("trained", Tensors.of(new float[] {7}, 1).set_requires_grad(true));
      SafetensorsWriter.write(target(), tensors, Map.of("step", "7", "\"quoted\"", "ä\n"));
      try (var file = SafetensorsFile.open(target())) {
        assertEquals(Map.of("step", "7", "\"quoted\"", "ä\n"), file.metadata());
        assertEquals(
            tensors.keySet(), file.entries().keySet().stream().collect(Collectors.toSet()));
        tensors.forEach((name, tensor) -> {
          Tensor read = file.tensor(name);
          assertArrayEquals(Shapes.of(tensor), Shapes.of(read), name);
          assertTrue(tensor.detach().equal(read), name);
        });
      }
    }
  }

  @Test
  void aFileOfTheReferenceIsRewrittenToTheByte() throws IOException {
    for (Path golden : GoldenFiles.filesOfKind("hf_masked_lm")) {
      Path model = golden.resolveSibling("model.safetensors");
      try (var scope = new TensorScope();
          var file = SafetensorsFile.open(model)) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        file.entries().keySet().forEach(name -> tensors.put(name, file.tensor(name)));
        SafetensorsWriter.write(target(), tensors, file.metadata());
      }
      assertEquals(-1, Files.mismatch(model, target()), model.toString());
    }
  }

  @Test
  void tensorsAreOrderedAndAlignedToTheirElements() {
    Map<String, TensorContent> contents = new LinkedHashMap<>();
    contents.put("b.bytes", content((byte) 1, (byte) 2, (byte) 3));
    contents.put("a.bytes", content((byte) 4));
    contents.put(
        "z.doubles",
        new TensorContent(
            Dtype.F64, List.of(), sink -> sink.write(MemorySegment.ofArray(new double[] {1}))));
    SafetensorsWriter.writeContents(target(), contents, Map.of());
    try (var file = SafetensorsFile.open(target())) {
      assertEquals(
          List.of("z.doubles", "a.bytes", "b.bytes"), List.copyOf(file.entries().keySet()));
      // mapped files begin at a page, so an aligned place is an aligned address
      assertEquals(0, file.bytes("z.doubles").address() % 8);
      assertEquals(1.0, file.bytes("z.doubles").get(ValueLayout.JAVA_DOUBLE, 0));
    }
  }

  @Test
  void writingAndReadingLeavesNothingBehind() {
    try (var scope = new TensorScope()) {
      Map<String, Tensor> tensors = Map.of("a", torch.ones(64, 64).t(), "b", torch.ones(8));
      for (int i = 0; i < 3; i++) {
        writeAndRead(tensors);
      }
      long before = Pointer.totalCount();
      for (int i = 0; i < 20; i++) {
        writeAndRead(tensors);
      }
      assertEquals(before, Pointer.totalCount());
    }
  }

  private void writeAndRead(Map<String, Tensor> tensors) {
    SafetensorsWriter.write(target(), tensors, Map.of());
    try (var inner = new TensorScope();
        var file = SafetensorsFile.open(target())) {
      assertEquals(64, file.tensor("a").size(0));
    }
  }

  @Test
  void aWriteThatFailsLeavesTheOldFileAndNoOther() throws IOException {
    writeBytes(target(), (byte) 1);
    byte[] before = Files.readAllBytes(target());
    var broken =
        new TensorContent(
            Dtype.U8,
            List.of(2L),
            sink -> {
              sink.write(MemorySegment.ofArray(new byte[] {1}));
              throw new IOException("no space left");
            });
    var error =
        assertThrows(
            InvalidInputException.class,
            () -> SafetensorsWriter.writeContents(target(), Map.of("x", broken), Map.of()));
    assertEquals(InvalidInputException.Kind.ENVIRONMENT, error.kind());
    assertTrue(error.toString().contains("no space left"), error.toString());
    assertTrue(error.toString().contains(target().toString()), error.toString());
    assertArrayEquals(before, Files.readAllBytes(target()));
    assertEquals(List.of("model.safetensors"), names());
  }

  @Test
  void aContentOfTheWrongLengthIsNeverSaved() throws IOException {
    var shorter =
        new TensorContent(
            Dtype.U8, List.of(9L), sink -> sink.write(MemorySegment.ofArray(new byte[8])));
    assertThrows(
        IllegalStateException.class,
        () -> SafetensorsWriter.writeContents(target(), Map.of("x", shorter), Map.of()));
    assertEquals(List.of(), names());
  }

  @Test
  void leftoversOfTheSameNameAreRemovedAndNoOthers() throws IOException {
    Files.createFile(folder.resolve(".model.safetensors.0a1b2c3d.mneme-tmp"));
    Files.createFile(folder.resolve(".model.safetensors.bak.0a1b2c3d.mneme-tmp"));
    Files.createFile(folder.resolve(".other.safetensors.0a1b2c3d.mneme-tmp"));
    writeBytes(target(), (byte) 1);
    assertEquals(
        List.of(
            ".model.safetensors.bak.0a1b2c3d.mneme-tmp",
            ".other.safetensors.0a1b2c3d.mneme-tmp",
            "model.safetensors"),
        names());
  }

  @Test
  void aLinkIsReplacedAndItsTargetLeftAlone() throws IOException {
    Path blob = folder.resolve("blob");
    Files.writeString(blob, "shared with others");
    Files.createSymbolicLink(target(), blob);
    writeBytes(target(), (byte) 1);
    assertEquals("shared with others", Files.readString(blob));
    assertTrue(Files.isRegularFile(target(), LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void theNameOfTheMetadataIsNoTensorName() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            SafetensorsWriter.writeContents(
                target(), Map.of("__metadata__", content((byte) 1)), Map.of()));
  }

  /// Needs three gigabytes of disk.
  @Test
  @Tag("long")
  void tensorsAboveTwoGigabytesAreWritten() throws IOException {
    long size = (3L << 30) + 5;
    Path holes = folder.resolve("holes");
    try (var arena = Arena.ofConfined();
        var channel =
            FileChannel.open(
                holes,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
      mapped.set(ValueLayout.JAVA_BYTE, size - 1, (byte) 42);
      var big = new TensorContent(Dtype.U8, List.of(size), sink -> sink.write(mapped));
      SafetensorsWriter.writeContents(target(), Map.of("big", big), Map.of());
      try (var file = SafetensorsFile.open(target())) {
        assertEquals(-1, file.bytes("big").mismatch(mapped));
      }
    }
  }
}
