package org.mneme.checkpoint.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.JsonFiles;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.model.Pooling;
import tools.jackson.databind.node.ObjectNode;

class BertOnnxImporterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "11, 8, 1, 1, 12, 9, false",
    "11, 8, 2, 2, 12, 9, false",
    "7, 24, 3, 3, 24, 5, true",
    "40, 32, 4, 8, 64, 40, false",
    "5, 30, 2, 5, 7, 4, true",
    "3, 6, 13, 2, 6, 3, false",
  })
  void everyWeightOfAnySizeGetsItsName(
      int vocabulary, int dim, int layers, int heads, int wide, int positions, boolean fused) {
    var model = new SyntheticBert(5, vocabulary, dim, layers, heads, wide, positions);
    model.fused = fused;
    try (OnnxGraph graph = OnnxGraph.of("synthetic.onnx", model.build())) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      assertEquals(vocabulary, bert.vocabulary());
      assertEquals(dim, bert.dim());
      assertEquals(layers, bert.layers());
      assertEquals(heads, bert.heads());
      assertEquals(wide, bert.intermediate());
      assertEquals(positions, bert.positions());
      assertEquals(2, bert.types());
      assertEquals("relu", bert.activation());
      assertEquals(1e-5, bert.epsilon());
      assertEquals(expectedShapes(bert, false), bert.shapes());
      model.weights.forEach(
          (name, values) -> assertArrayEquals(values, weight(bert, name).values(), name));
    }
  }

  /// The parameters of Hugging Face's `BertModel` with such a configuration, in its order.
  private static Map<String, List<Long>> expectedShapes(ImportedBert bert, boolean pooler) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    long dim = bert.dim();
    shapes.put("embeddings.word_embeddings.weight", List.of(bert.vocabulary(), dim));
    shapes.put("embeddings.position_embeddings.weight", List.of(bert.positions(), dim));
    shapes.put("embeddings.token_type_embeddings.weight", List.of(bert.types(), dim));
    put(shapes, "embeddings.LayerNorm", List.of(dim));
    for (int layer = 0; layer < bert.layers(); layer++) {
      String name = "encoder.layer." + layer + ".";
      for (String part : List.of("query", "key", "value")) {
        put(shapes, name + "attention.self." + part, List.of(dim, dim));
      }
      put(shapes, name + "attention.output.dense", List.of(dim, dim));
      put(shapes, name + "attention.output.LayerNorm", List.of(dim));
      put(shapes, name + "intermediate.dense", List.of(bert.intermediate(), dim));
      put(shapes, name + "output.dense", List.of(dim, bert.intermediate()));
      put(shapes, name + "output.LayerNorm", List.of(dim));
    }
    if (pooler) {
      put(shapes, "pooler.dense", List.of(dim, dim));
    }
    return shapes;
  }

  private static OnnxWeight weight(ImportedBert bert, String name) {
    return Objects.requireNonNull(bert.weights().get(name), name);
  }

  private static void put(Map<String, List<Long>> shapes, String name, List<Long> shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", List.of(shape.getFirst()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"torchscript", "dynamo"})
  void exportsGiveBackTheModelTheyWereMadeOf(String name) {
    try (OnnxGraph graph = OnnxGraph.open(Exports.file(name + "/model.onnx"));
        var expected = SafetensorsFile.open(Exports.file(name + "/case.safetensors"))) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      ObjectNode theirs =
          JsonFiles.readObject(
              Exports.file(name + "/config.json"), InvalidInputException.Kind.CONFIG);
      ObjectNode ours = bert.config(0);
      for (String key :
          List.of(
              "vocab_size",
              "hidden_size",
              "num_hidden_layers",
              "num_attention_heads",
              "intermediate_size",
              "max_position_embeddings",
              "type_vocab_size",
              "hidden_act",
              "model_type",
              "pad_token_id")) {
        assertEquals(theirs.path(key).asString(), ours.path(key).asString(), key);
      }
      assertEquals(
          theirs.path("layer_norm_eps").asDouble(), ours.path("layer_norm_eps").asDouble());
      assertEquals(expectedShapes(bert, name.equals("dynamo")), bert.shapes());
      for (String tensor : expected.entries().keySet()) {
        if (tensor.startsWith("param.")) {
          String weight = tensor.substring(6);
          assertArrayEquals(
              Exports.floats(expected, tensor), weight(bert, weight).values(), weight);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"all-minilm-l6-v2, 6, 22565376", "bge-small-en-v1.5, 12, 33212160"})
  void publishedModelsHaveTheirKnownSizes(String name, int layers, long parameters)
      throws IOException {
    Path file = Exports.unpacked(name + ".onnx", folder);
    try (OnnxGraph graph = OnnxGraph.open(file)) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      assertEquals(layers, bert.layers());
      assertEquals(384, bert.dim());
      assertEquals(12, bert.heads());
      assertEquals(1536, bert.intermediate());
      assertEquals(512, bert.positions());
      assertEquals(2, bert.types());
      assertEquals(30522, bert.vocabulary());
      assertEquals(1e-12, bert.epsilon());
      assertEquals("gelu", bert.activation());
      assertEquals(parameters, bert.parameters());
      assertEquals(expectedShapes(bert, false), bert.shapes());
      assertEquals(Optional.empty(), bert.tail().pooling());
    }
  }

  /// Nodes of these exports still carry the path of the module: an oracle for the importer, which
  /// does not read it.
  @Test
  void anonymousWeightsGoWhereTheNamesOfTheirNodesSay() throws IOException {
    Path file = Exports.unpacked("all-minilm-l6-v2.onnx", folder);
    try (OnnxGraph graph = OnnxGraph.open(file)) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      int compared = 0;
      for (OnnxNode node : graph.nodes()) {
        if (node.is("MatMul") && graph.constant(node.input(1)).isPresent()) {
          String module = node.name().substring(1, node.name().length() - "/MatMul".length());
          var stored = (OnnxWeight.Stored) weight(bert, module.replace('/', '.') + ".weight");
          assertEquals(graph.constant(node.input(1)).orElseThrow(), stored.source());
          assertTrue(stored.transposed());
          compared++;
        }
      }
      assertEquals(36, compared);
    }
  }

  /// What reading fails with after `change` of the node called `name`.
  private static String failure(String name, UnaryOperator<SyntheticBert.Step> change) {
    return failure(SyntheticBert.small(), name, change);
  }

  private static String failure(
      SyntheticBert model, String name, UnaryOperator<SyntheticBert.Step> change) {
    boolean[] changed = {false};
    model.change =
        step -> {
          changed[0] |= step.name().equals(name);
          return step.name().equals(name) ? change.apply(step) : step;
        };
    byte[] bytes = model.build();
    assertTrue(changed[0], name);
    try (OnnxGraph graph = OnnxGraph.of("synthetic.onnx", bytes)) {
      var failure = assertThrows(InvalidInputException.class, () -> BertOnnxImporter.read(graph));
      assertEquals(InvalidInputException.Kind.WEIGHTS, failure.kind());
      assertTrue(message(failure).startsWith("synthetic.onnx is no BERT encoder"));
      return message(failure);
    }
  }

  private static void assertNames(String expected, String message) {
    assertTrue(message.contains(expected), message);
  }

  @Test
  void whatIsNoBertIsRefusedAtTheNodeWhereItPartsFromOne() {
    String layer = "encoder.layer.1.";
    assertNames("input_ids", failure("words", step -> step.withType("Expand")));
    assertNames(
        "position embeddings", failure("embeddings.total", step -> step.withType("Identity")));
    assertNames("'words'", failure("embeddings.total", step -> step.withType("Mul")));
    assertNames("'positions'", failure("positions", step -> step.withType("GatherND")));
    assertNames(
        "'" + layer + "softmax'", failure(layer + "softmax", step -> step.withType("Sigmoid")));
    assertNames(
        "last axis",
        failure(layer + "softmax", s -> s.withAttributes(OnnxWriter.whole("axis", 2))));
    assertNames("'" + layer + "activation'", failure(layer + "activation", s -> s.withType("Sin")));
    assertNames(
        "'" + layer + "attention.self.query'",
        failure(layer + "attention.residual", step -> step.withInput(1, step.from().get(0))));
    assertNames(
        "'" + layer + "output.dense'",
        failure(layer + "output.dense", step -> step.withType("MatMulInteger")));
    assertNames("quantised", failure(layer + "output.dense", s -> s.withType("MatMulInteger")));
    assertNames(
        "factors that fit",
        failure(
            layer + "attention.self.key.turn",
            s -> s.withAttributes(OnnxWriter.wholes("perm", 0, 3, 2, 1))));
    assertNames(
        "'" + layer + "context'",
        failure(layer + "context", step -> step.withInput(1, step.from().get(0))));
  }

  @ParameterizedTest
  @CsvSource({"mean, MEAN, true", "cls, CLS, false", "pooler, , false"})
  void whatTheGraphDoesWithTheHiddenStatesIsSeen(
      String kind, @Nullable Pooling pooling, boolean normalises) {
    SyntheticBert model = SyntheticBert.small();
    model.tail = kind;
    try (OnnxGraph graph = OnnxGraph.of("synthetic.onnx", model.build())) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      assertEquals(Optional.ofNullable(pooling), bert.tail().pooling());
      assertEquals(normalises, bert.tail().normalises());
      assertEquals(expectedShapes(bert, kind.equals("pooler")), bert.shapes());
      model.weights.forEach(
          (name, values) -> assertArrayEquals(values, weight(bert, name).values(), name));
    }
  }

  @Test
  void headsOnEveryTokenAreRefused() {
    SyntheticBert model = SyntheticBert.small();
    model.tail = "head";
    assertNames("'classifier'", failure(model, "embedding", step -> step));
  }

  @Test
  void scoresOfAnotherScaleAreRefused() {
    String scale = "encoder.layer.0.scale";
    assertNames("root of the head size", failure(scale, step -> step.withType("Mul")));
  }

  @Test
  void masksThatHideTokensOfTheirOwnAreRefused() {
    assertNames("hides some", failure("mask.invert", step -> step.withType("Add")));
  }

  @Test
  void layersThatDifferAreRefused() {
    SyntheticBert model = SyntheticBert.small();
    assertNames(
        "epsilon",
        failure(
            model,
            "encoder.layer.1.output.LayerNorm.epsilon",
            step -> step.withInput(1, model.number(1e-3f))));
  }

  private static String message(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }
}
