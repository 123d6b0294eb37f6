package org.mneme.checkpoint.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphProbeTest {
  /// The output of one node fed with constants, as the probe knows it.
  private static ProbeValue run(String type, List<byte[]> constants, byte[]... attributes) {
    var writer = new OnnxWriter().input("unused", 1, 1).output("out", 1);
    List<String> names = new java.util.ArrayList<>();
    for (byte[] constant : constants) {
      String name = "c" + names.size();
      names.add(name);
      writer.node("Constant", name, List.of(), List.of(name), OnnxWriter.value("value", constant));
    }
    writer.node(type, "node", names, List.of("out"), attributes);
    try (OnnxGraph graph = OnnxGraph.of("test.onnx", writer.build(17))) {
      return new GraphProbe(graph).value("out").orElseThrow();
    }
  }

  private static byte[] longs(long... values) {
    return OnnxWriter.longs("", values, values.length);
  }

  private static byte[] matrix() {
    return OnnxWriter.floats("", new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  }

  private static void assertValue(ProbeValue value, List<Long> dims, double... elements) {
    assertEquals(dims, Arrays.stream(value.dims().toArray()).boxed().toList());
    assertArrayEquals(elements, value.elements().orElseThrow(), 1e-12);
  }

  @Test
  void elementsMoveAsTheOperatorsSay() {
    assertValue(run("Transpose", List.of(matrix())), List.of(3L, 2L), 1, 4, 2, 5, 3, 6);
    assertValue(run("Reshape", List.of(matrix(), longs(-1, 2))), List.of(3L, 2L), 1, 2, 3, 4, 5, 6);
    assertValue(
        run("Reshape", List.of(matrix(), longs(0, 1, -1))), List.of(2L, 1L, 3L), 1, 2, 3, 4, 5, 6);
    assertValue(
        run("Slice", List.of(matrix(), longs(-2), longs(Long.MAX_VALUE), longs(1))),
        List.of(2L, 2L),
        2,
        3,
        5,
        6);
    assertValue(run("Gather", List.of(longs(7, 8, 9), longs(-1, 0))), List.of(2L), 9, 7);
    assertValue(
        run(
            "GatherElements",
            List.of(matrix(), OnnxWriter.longs("", new long[] {2, 0}, 2, 1)),
            OnnxWriter.whole("axis", 1)),
        List.of(2L, 1L),
        3,
        4);
    assertValue(run("Expand", List.of(longs(7, 8), longs(2, 1))), List.of(2L, 2L), 7, 8, 7, 8);
    assertValue(run("Unsqueeze", List.of(longs(7, 8), longs(-1))), List.of(2L, 1L), 7, 8);
    assertValue(
        run("Concat", List.of(longs(7), longs(8, 9)), OnnxWriter.whole("axis", 0)),
        List.of(3L),
        7,
        8,
        9);
    assertValue(run("Shape", List.of(matrix())), List.of(2L), 2, 3);
    assertValue(
        run("ReduceMean", List.of(matrix()), OnnxWriter.wholes("axes", -1)), List.of(2L, 1L), 2, 5);
    assertValue(run("ConstantOfShape", List.of(longs(2))), List.of(2L), 0, 0);
  }

  @Test
  void numbersAreStretchedAndWholeOnesDividedAsSuch() {
    assertValue(
        run("Add", List.of(matrix(), OnnxWriter.floats("", new float[] {10, 20}, 2, 1))),
        List.of(2L, 3L),
        11,
        12,
        13,
        24,
        25,
        26);
    assertValue(run("Div", List.of(longs(7, -7), longs(2))), List.of(2L), 3, -3);
    assertValue(run("Where", List.of(longs(1, 0), longs(5, 6), longs(7))), List.of(2L), 5, 7);
    assertValue(run("Range", List.of(longs(1), longs(7), longs(2))), List.of(3L), 1, 3, 5);
    assertEquals(
        Optional.empty(),
        run("MatMul", List.of(matrix(), OnnxWriter.floats("", new float[3], 3, 1))).elements());
  }

  @Test
  void sizesThatDoNotFitAreUnknownAndNoError() {
    for (List<byte[]> wrong :
        List.of(
            List.of(matrix(), longs(5)),
            List.of(matrix(), longs(-5, -5)),
            List.of(matrix(), longs(Long.MAX_VALUE, Long.MAX_VALUE)))) {
      var writer = new OnnxWriter().input("unused", 1, 1).output("out", 1);
      writer.initialiser(OnnxWriter.longs("shape", new long[] {5}, 1));
      for (String type :
          List.of(
              "Reshape", "Expand", "Slice", "Gather", "Add", "Range", "Squeeze", "ReduceMean")) {
        writer.node(
            "Constant",
            type,
            List.of(),
            List.of(type + "0"),
            OnnxWriter.value("value", wrong.get(0)));
        writer.node(
            "Constant",
            type,
            List.of(),
            List.of(type + "1"),
            OnnxWriter.value("value", wrong.get(1)));
        writer.node(type, type, List.of(type + "0", type + "1", type + "1"), List.of(type + "2"));
      }
      try (OnnxGraph graph = OnnxGraph.of("test.onnx", writer.build(17))) {
        assertEquals(Optional.empty(), new GraphProbe(graph).value("Reshape2"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.1, 0.1124629160182849",
    "-0.5, -0.5204998778130465",
    "1, 0.8427007929497149",
    "2, 0.9953222650189527",
    "2.49, 0.9995707295330178",
    "2.51, 0.9996143044604906",
    "3, 0.9999779095030014",
    "-4, -0.9999999845827421",
    "7, 1"
  })
  void theErrorFunctionIsThatOfTheTables(double x, double erf) {
    assertEquals(erf, ScalarOperators.erf(x), 1e-6);
  }
}
