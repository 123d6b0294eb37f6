package org.mneme.checkpoint.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;

class OnnxGraphTest {
  @TempDir Path folder;

  /// A graph of one node, `Identity(input)`, to which a test adds.
  private static OnnxGraph graph(Consumer<OnnxWriter> addition) {
    var writer = new OnnxWriter().input("input", 1, -1, 4).output("output", 1);
    addition.accept(writer);
    writer.node("Identity", "same", List.of("input"), List.of("output"));
    return OnnxGraph.of("test.onnx", writer.build(17));
  }

  private static OnnxTensor tensor(OnnxWriter.Fields fields) {
    try (OnnxGraph graph = graph(writer -> writer.initialiser(OnnxWriter.message(fields)))) {
      return graph.constant("t").orElseThrow();
    }
  }

  private static InvalidInputException fails(Consumer<OnnxWriter> addition) {
    var failure = assertThrows(InvalidInputException.class, () -> graph(addition));
    assertEquals(InvalidInputException.Kind.WEIGHTS, failure.kind());
    assertTrue(message(failure).contains("test.onnx"), message(failure));
    return failure;
  }

  private static void header(CodedOutputStream out, int type, long... dims) throws IOException {
    for (long dim : dims) {
      out.writeInt64(1, dim);
    }
    out.writeInt32(2, type);
    out.writeString(8, "t");
  }

  @Test
  void nodesInputsAndOutputsAreRead() {
    byte[] perm = OnnxWriter.wholes("perm", 1, 0);
    byte[] gain = OnnxWriter.real("gain", 0.5f);
    byte[] mode =
        OnnxWriter.message(out -> {
          out.writeString(1, "mode");
          out.writeString(4, "tanh");
          out.writeInt32(20, 3);
        });
    try (OnnxGraph graph =
        graph(writer ->
            writer.node(
                "Transpose", "turn", List.of("input", ""), List.of("x"), perm, gain, mode))) {
      assertEquals(17, graph.opset());
      OnnxNode node = graph.nodes().getFirst();
      assertTrue(node.is("Transpose"));
      assertEquals("turn", node.name());
      assertEquals(List.of("input", ""), node.inputs());
      assertEquals("", node.input(7));
      assertEquals("x", node.output());
      assertEquals(Optional.of(List.of(1L, 0L)), node.wholes("perm"));
      assertEquals(0.5f, node.real("gain", 1));
      assertEquals("tanh", node.text("mode", ""));
      assertEquals(3, node.whole("absent", 3));
      assertEquals(Optional.of(List.of(-1L, 4L)), graph.inputs().getFirst().dims());
      assertEquals("output", graph.outputs().getFirst().name());
    }
  }

  @Test
  void tensorsOfAllStoragesHoldTheSameNumbers() {
    OnnxTensor raw =
        tensor(out -> {
          header(out, 1, 2);
          out.writeByteArray(9, new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0});
        });
    OnnxTensor packed =
        tensor(out -> {
          header(out, 1, 2);
          out.writeByteArray(4, new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0});
        });
    OnnxTensor single =
        tensor(out -> {
          header(out, 1, 2);
          out.writeFloat(4, 1);
          out.writeFloat(4, -2);
        });
    OnnxTensor doubles =
        tensor(out -> {
          header(out, 11, 2);
          out.writeDouble(10, 1);
          out.writeDouble(10, -2);
        });
    OnnxTensor whole =
        tensor(out -> {
          header(out, 7, 2);
          out.writeInt64(7, 1);
          out.writeInt64(7, -2);
        });
    OnnxTensor small =
        tensor(out -> {
          header(out, 6, 2);
          out.writeInt32(5, 1);
          out.writeInt32(5, -2);
        });
    OnnxTensor half =
        tensor(out -> {
          header(out, 10, 2);
          out.writeInt32(5, 0x3c00);
          out.writeInt32(5, 0xc000);
        });
    OnnxTensor brain =
        tensor(out -> {
          header(out, 16, 2);
          out.writeByteArray(9, new byte[] {(byte) 0x80, 0x3f, 0, (byte) 0xc0});
        });
    for (OnnxTensor found : List.of(raw, packed, single, doubles, whole, small, half, brain)) {
      assertEquals(List.of(2L), found.dims());
      assertEquals(2, found.count());
      assertEquals(1, found.element(0), found.type().name());
      assertEquals(-2, found.element(1), found.type().name());
    }
  }

  @Test
  void constantNodesOfAllKindsAreConstants() {
    try (OnnxGraph graph =
        graph(writer ->
            writer
                .node(
                    "Constant",
                    "a",
                    List.of(),
                    List.of("a"),
                    OnnxWriter.value("value", OnnxWriter.floats("", new float[] {3}, 1)))
                .node(
                    "Constant", "b", List.of(), List.of("b"), OnnxWriter.wholes("value_ints", 3, 4))
                .node("Constant", "c", List.of(), List.of("c"), OnnxWriter.whole("value_int", 3))
                .node(
                    "Constant", "d", List.of(), List.of("d"), OnnxWriter.real("value_float", 3)))) {
      for (String name : List.of("a", "b", "c", "d")) {
        assertEquals(3, graph.constant(name).orElseThrow().element(0));
      }
      assertEquals(2, graph.constant("b").orElseThrow().count());
      assertEquals(List.of(), graph.constant("c").orElseThrow().dims());
    }
  }

  @Test
  void weightsOfAFileAreAPartOfTheMapping() throws IOException {
    Path file = folder.resolve("m.onnx");
    var writer = new OnnxWriter().input("input", 1, 2).output("output", 1);
    writer.initialiser(OnnxWriter.floats("t", new float[] {5, 6, 7}, 3));
    writer.node("Identity", "same", List.of("input"), List.of("output"));
    Files.write(file, writer.build(17));
    OnnxTensor tensor;
    try (OnnxGraph graph = OnnxGraph.open(file)) {
      tensor = graph.constant("t").orElseThrow();
      assertTrue(tensor.data().isMapped());
      assertEquals(7, tensor.element(2));
    }
    assertThrows(IllegalStateException.class, () -> tensor.element(2));
  }

  @Test
  void weightsInAFileBesideTheModelAreFound() throws IOException {
    Path file = folder.resolve("m.onnx");
    Files.write(folder.resolve("m.onnx.data"), new byte[] {9, 9, 9, 9, 0, 0, (byte) 0x80, 0x3f});
    Files.write(file, external("m.onnx.data", 4, 4));
    try (OnnxGraph graph = OnnxGraph.open(file)) {
      assertEquals(1, graph.constant("t").orElseThrow().element(0));
    }
    Files.write(file, external("m.onnx.data", 6, 4));
    var outside = assertThrows(InvalidInputException.class, () -> OnnxGraph.open(file));
    assertTrue(message(outside).contains("outside"), message(outside));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gone.data", "", "..", "../m.onnx", "/etc/hosts", "a\\b", "a\0b"})
  void weightsElsewhereAreAnErrorThatNamesTheFile(String location) throws IOException {
    Path file = folder.resolve("m.onnx");
    byte[] bytes = external(location, 0, 4);
    Files.write(file, bytes);
    var opened = assertThrows(InvalidInputException.class, () -> OnnxGraph.open(file));
    assertTrue(message(opened).contains("'" + location + "'"), message(opened));
    assertThrows(InvalidInputException.class, () -> OnnxGraph.of("memory", bytes));
  }

  private static byte[] external(String location, long offset, long length) {
    var writer = new OnnxWriter().input("input", 1, 2).output("output", 1);
    writer.node("Identity", "same", List.of("input"), List.of("output"));
    writer.initialiser(
        OnnxWriter.message(out -> {
          header(out, 1, 1);
          entry(out, "location", location);
          entry(out, "offset", Long.toString(offset));
          entry(out, "length", Long.toString(length));
          out.writeInt32(14, 1);
        }));
    return writer.build(17);
  }

  private static void entry(CodedOutputStream out, String key, String value) throws IOException {
    out.writeByteArray(
        13,
        OnnxWriter.message(pair -> {
          pair.writeString(1, key);
          pair.writeString(2, value);
        }));
  }

  @Test
  void valuesUsedBeforeTheyAreMadeAreAnError() {
    var failure = fails(w -> w.node("Relu", "early", List.of("late"), List.of("x")));
    assertTrue(message(failure).contains("Relu node 'early'"), message(failure));
  }

  @Test
  void aValueMadeTwiceIsAnError() {
    fails(w -> w.node("Relu", "a", List.of("input"), List.of("input")));
    byte[] tensor = OnnxWriter.floats("t", new float[] {1}, 1);
    fails(w -> w.initialiser(tensor).initialiser(tensor));
  }

  @Test
  void sizesThatDoNotFitTheBytesAreAnError() {
    var failure = fails(w -> w.initialiser(OnnxWriter.floats("t", new float[] {1}, 2)));
    assertTrue(message(failure).contains("tensor 't'"), message(failure));
    fails(w -> w.initialiser(OnnxWriter.floats("t", new float[] {1}, -1)));
    fails(w -> w.initialiser(OnnxWriter.floats("t", new float[] {}, 1L << 62, 1L << 62, 0, 4)));
    fails(w -> w.initialiser(OnnxWriter.floats("t", new float[] {1}, 1L << 40, 1L << 40)));
  }

  @Test
  void filesThatAreNoOnnxAreAnError() throws IOException {
    for (byte[] bytes :
        List.of(new byte[0], new byte[] {104, 105}, new byte[] {123, 125}, new byte[99])) {
      assertThrows(InvalidInputException.class, () -> OnnxGraph.of("x", bytes));
    }
    // groups nested a million deep must not overflow the stack
    byte[] groups = new byte[1_000_000];
    Arrays.fill(groups, (byte) 0x0b);
    assertThrows(InvalidInputException.class, () -> OnnxGraph.of("x", groups));
    var missing =
        assertThrows(InvalidInputException.class, () -> OnnxGraph.open(folder.resolve("no.onnx")));
    assertTrue(message(missing).contains("no.onnx"), message(missing));
    assertThrows(InvalidInputException.class, () -> OnnxGraph.open(folder));
  }

  private static String message(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }
}
