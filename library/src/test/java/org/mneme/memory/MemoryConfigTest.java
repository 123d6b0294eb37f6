package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.ScoreActivation.Relu;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MemoryConfigTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  private static MemoryConfig read(String json) {
    return MemoryConfig.fromJson(JSON.readTree(json.replace('\'', '"')));
  }

  private static String write(MemoryConfig config) {
    return JSON.writeValueAsString(config.toJson());
  }

  @Test
  void everyDefaultIsPinned() {
    var expected =
        new SparseMemoryConfig(
            384,
            4,
            32,
            new Query(256, 1, QueryNorm.BATCH, KeyNorm.NONE),
            new ProductKeys(256),
            new Softmax(),
            new Rows(ValueInit.NORMAL),
            new Direct(),
            new Dropouts(0, 0, 0),
            new Table(Table.Type.FLOAT32, ""));
    assertEquals(expected, SparseMemoryConfig.defaults(384));
    assertEquals(expected, read("{'type': 'product-key', 'dim': 384}"));
    assertEquals(65_536, expected.slots());
    assertEquals(384, expected.valueDim());
    assertEquals(128, expected.keyDim());
    assertEquals(1024, expected.queryChannels());
    assertEquals(128, expected.readsPerToken());
  }

  @Test
  void everyTypeHasDefaultsOfItsOwn() {
    SparseMemoryConfig usual = SparseMemoryConfig.defaults(24);
    assertEquals(usual, read("{'type': 'product-key', 'dim': 24}"));
    assertEquals(
        usual.with(memory -> memory.keys = new FlatKeys(4096)),
        read("{'type': 'flat-key', 'dim': 24}"));
    assertEquals(
        usual.with(memory -> memory.values = new Experts(ValueInit.NORMAL)),
        read("{'type': 'peer', 'dim': 24}"));
    assertEquals(
        usual.with(memory -> {
          memory.output = new SiluGate(24);
          memory.queryNorm = QueryNorm.LAYER;
          memory.keyNorm = KeyNorm.L2;
          memory.sharedTable = "memory";
        }),
        read("{'type': 'memory-plus', 'dim': 24}"));
  }

  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void aTypesDefaultsHaveItsName(MemoryType type) {
    assertEquals(type.label(), type.defaults(8).type());
    assertEquals(type.defaults(8), read("{'type': '%s', 'dim': 8}".formatted(type.label())));
  }

  @Test
  void everyKeyIsReadAndWritten() {
    var config =
        new SparseMemoryConfig(
            6,
            2,
            5,
            new Query(4, 2, QueryNorm.L2, KeyNorm.L2),
            new ProductKeys(9),
            new ScaledSoftmax(3.5),
            new Rows(ValueInit.ZERO),
            new Projected(8),
            new Dropouts(0.125, 0.25, 0.5),
            new Table(Table.Type.BFLOAT16, "all"));
    String json =
        """
        {"type":"product-key","dim":6,"heads":2,"slotsPerHead":5,"queryDim":4,"queryLayers":2,\
        "queryNorm":"l2","keys":"product","keysPerSide":9,"keyNorm":"l2",\
        "scoreActivation":{"type":"scaled-softmax","start":3.5},"values":"rows",\
        "valueInit":"zero","valueDim":8,"output":"projected","inputDropout":0.125,\
        "queryDropout":0.25,"valueDropout":0.5,"tableType":"bfloat16","sharedTable":"all"}\
        """;
    assertEquals(json, write(config));
    assertEquals(config, read(json));
    var dense = new DenseConfig(6, 10);
    assertEquals("{\"type\":\"dense\",\"dim\":6,\"hidden\":10}", write(dense));
    assertEquals(dense, read("{'type': 'dense', 'dim': 6, 'hidden': 10}"));
  }

  static Stream<Named<SparseMemoryConfig>> memories() {
    return MemoryVariants.all(8);
  }

  @ParameterizedTest
  @MethodSource("memories")
  void whatIsWrittenIsReadBack(SparseMemoryConfig config) {
    assertEquals(config, read(write(config)));
  }

  /// What the first versions wrote.
  @Test
  void oldFilesAreRead() {
    String json =
        """
        {"type":"product-key","dim":6,"valueDim":6,"keysPerSide":9,"heads":2,"slotsPerHead":5,\
        "queryDim":4,"queryNorm":"l2","scoreActivation":{"type":"scaled-softmax","start":3.5},\
        "valueInit":"zero","inputDropout":0.125,"queryDropout":0.25,"valueDropout":0.5}\
        """;
    var expected =
        SparseMemoryConfig.defaults(6)
            .with(memory -> {
              memory.keys = new ProductKeys(9);
              memory.heads = 2;
              memory.slotsPerHead = 5;
              memory.queryDim = 4;
              memory.queryNorm = QueryNorm.L2;
              memory.scoreActivation = new ScaledSoftmax(3.5);
              memory.values = new Rows(ValueInit.ZERO);
              memory.inputDropout = 0.125;
              memory.queryDropout = 0.25;
              memory.valueDropout = 0.5;
            });
    assertEquals(expected, read(json));
  }

  @Test
  void anyAxisOfATypeCanBeChanged() {
    var flatGate =
        (SparseMemoryConfig)
            read(
                "{'type': 'memory-plus', 'dim': 6, 'keys': 'flat', 'slots': 70, 'valueDim': 3,"
                    + " 'queryDim': 5, 'sharedTable': ''}");
    assertEquals(new FlatKeys(70), flatGate.keys());
    assertEquals(new SiluGate(3), flatGate.output());
    assertEquals("", flatGate.table().shared());
    var peer = (SparseMemoryConfig) read("{'type': 'peer', 'dim': 6, 'output': 'scalar-gate'}");
    assertEquals(new ScalarGate(), peer.output());
    assertEquals(new Experts(ValueInit.NORMAL), peer.values());
    var rows = (SparseMemoryConfig) read("{'type': 'peer', 'dim': 6, 'values': 'rows'}");
    assertEquals("product-key", rows.type());
  }

  @Test
  void anActivationMayBeItsTypeAlone() {
    assertEquals(new ScaledSoftmax(5), activation("scaled-softmax"));
    assertEquals(new Softmax(), activation("softmax"));
    assertEquals(new Relu(), activation("relu"));
  }

  private static ScoreActivation activation(String type) {
    String json = "{'type': 'product-key', 'dim': 4, 'scoreActivation': '%s'}".formatted(type);
    return ((SparseMemoryConfig) read(json)).scoreActivation();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'heds': 4                                    | memory.heds: unknown setting; did you mean heads?
          'SlotsPerHeads': 4                           | did you mean slotsPerHead?
          'sharedtables': 'x'                          | did you mean sharedTable?
          'heads': 1.5                                 | memory.heads: 1.5 is not an integer
          'heads': 0                                   | heads 0 is not positive; raise memory.heads
          'queryNorm': 'batches'                       | did you mean batch?
          'queryNorm': 3                               | memory.queryNorm: 3 is none of batch, layer, l2, none
          'keyNorm': 'l1'                              | memory.keyNorm: l1 is none of none, l2; did you mean l2?
          'queryLayers': 3                             | queryLayers 3 is neither 1 nor 2
          'scoreActivation': {'type': 'softmx'}        | memory.scoreActivation.type: softmx is none of softmax, scaled-softmax, relu
          'scoreActivation': {'type':'softmax','start':1} | memory.scoreActivation.start: unknown setting
          'scoreActivation': {'type':'scaled-softmax','start':0} | start 0.0 is not a positive number
          'keysPerSide': 0                             | keysPerSide 0 is outside
          'keys': 'products'                           | memory.keys: products is none of product, flat; did you mean product?
          'slots': 64                                  | memory.slots: product keys have keysPerSide squared
          'keys': 'flat', 'keysPerSide': 8             | memory.keysPerSide: flat keys have no sides; set memory.slots
          'keys': 'flat', 'slots': 0                   | slots 0 is outside 1 to 1073741824; change memory.slots
          'keys': 'flat', 'slots': 8                   | slotsPerHead 32 exceeds slots 8; lower memory.slotsPerHead
          'slotsPerHead': 64, 'keysPerSide': 32        | slotsPerHead 64 exceeds keysPerSide 32; lower memory.slotsPerHead
          'queryDim': 7                                | queryDim 7 is not even
          'queryDim': 0                                | queryDim 0 is not positive
          'values': 'experts.'                         | did you mean experts?
          'valueDim': 8                                | valueDim 8 differs from dim 4; set memory.valueDim to 4, or memory.output to projected or silu-gate
          'output': 'silugate'                         | memory.output: silugate is none of direct, projected, silu-gate, scalar-gate; did you mean silu-gate?
          'output': 'projected', 'valueDim': 0         | valueDim 0 is not positive; raise memory.valueDim
          'valueDropout': 1                            | valueDropout 1.0 is outside
          'valueDropout': 'much'                       | memory.valueDropout: "much" is not a number
          'tableType': 'float16'                       | memory.tableType: float16 is none of float32, bfloat16
          'sharedTable': 3                             | memory.sharedTable: 3 is not a text
          'dim': -1                                    | dim -1 is not positive
          'type': 'products'                           | did you mean product-key?
          'type': 'pear'                               | did you mean peer?
          """,
      quoteCharacter = '`')
  void whatCannotBeUsedIsSaidWithItsRemedy(String setting, String message) {
    String type = setting.startsWith("'type'") ? "" : "'type': 'product-key', ";
    String dim = setting.startsWith("'dim'") ? "" : "'dim': 4, ";
    var error =
        assertThrows(InvalidInputException.class, () -> read("{" + type + dim + setting + "}"));
    assertEquals(InvalidInputException.Kind.CONFIG, error.kind());
    assertTrue(error.toString().contains(message), error.toString());
  }

  @Test
  void theDenseControlCostsTheSame() {
    SparseMemoryConfig memory = SparseMemoryConfig.defaults(384);
    // 4 heads of a query of 256, two sides of 256 half-keys of 128, 119 sums and 32 rows
    assertEquals(4 * (384 * 256 + 256 * 256 + 119 + 32 * 384), memory.multiplyAdds());
    DenseConfig dense = DenseConfig.ofSameCompute(memory);
    assertEquals(918, dense.hidden());
    assertEquals((double) memory.multiplyAdds(), dense.multiplyAdds(), dense.dim());
  }

  @Test
  void everyPartHasItsCost() {
    SparseMemoryConfig usual = SparseMemoryConfig.defaults(10);
    long cost = usual.multiplyAdds();
    assertEquals(100, usual.with(memory -> memory.queryLayers = 2).multiplyAdds() - cost);
    assertEquals(
        4 * (70 * 256 - 256 * 256 - 119),
        usual.with(memory -> memory.keys = new FlatKeys(70)).multiplyAdds() - cost);
    assertEquals(
        128 * 10,
        usual.with(memory -> memory.values = new Experts(ValueInit.ZERO)).multiplyAdds() - cost);
    assertEquals(
        -128 * 7 + 30,
        usual.with(memory -> memory.output = new Projected(3)).multiplyAdds() - cost);
    assertEquals(
        -128 * 7 + 60, usual.with(memory -> memory.output = new SiluGate(3)).multiplyAdds() - cost);
    assertEquals(10, usual.with(memory -> memory.output = new ScalarGate()).multiplyAdds() - cost);
  }

  @Test
  void aFileWithoutAnObjectIsRefused() {
    assertThrows(InvalidInputException.class, () -> read("3"));
    assertThrows(InvalidInputException.class, () -> read("{'type': 'dense', 'dim': 6}"));
    assertThrows(InvalidInputException.class, () -> new DenseConfig(4, 0));
  }

  @Test
  void everyKeyTypeAndChoiceIsDocumented() throws IOException {
    Path page = Path.of(System.getProperty("project.root", "."), "docs/reference/memory.md");
    String text = Files.readString(page);
    memories()
        .map(memory -> memory.getPayload().toJson())
        .forEach(json ->
            json.properties()
                .forEach(entry -> assertNamed(text, entry.getValue(), entry.getKey())));
    for (Table.Type type : Table.Type.values()) {
      assertTrue(text.contains('`' + ConfigReader.name(type) + '`'), type + " is not on " + page);
    }
  }

  private static void assertNamed(String page, JsonNode value, String key) {
    assertTrue(page.contains('`' + key + '`'), key + " is not documented");
    String choice = value.isObject() ? value.path("type").asString() : value.asString("");
    assertTrue(
        !value.isObject() && !value.isString()
            || key.equals("sharedTable")
            || page.contains('`' + choice + '`'),
        key + " " + choice + " is not documented");
  }
}
