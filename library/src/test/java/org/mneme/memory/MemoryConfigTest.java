package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import tools.jackson.databind.json.JsonMapper;

class MemoryConfigTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  private static MemoryConfig read(String json) {
    return MemoryConfig.fromJson(JSON.readTree(json.replace('\'', '"')));
  }

  @Test
  void everyDefaultIsPinned() {
    var expected =
        new ProductKeyConfig(
            384, 384, 256, 4, 32, 256, QueryNorm.BATCH, new Softmax(), ValueInit.NORMAL, 0, 0, 0);
    assertEquals(expected, ProductKeyConfig.defaults(384));
    assertEquals(expected, read("{'type': 'product-key', 'dim': 384}"));
    assertEquals(65_536, expected.slots());
    assertEquals(128, expected.half());
    assertEquals(128, expected.readsPerToken());
  }

  @Test
  void everyKeyIsReadAndWritten() {
    var config =
        new ProductKeyConfig(
            6,
            6,
            9,
            2,
            5,
            4,
            QueryNorm.L2,
            new ScaledSoftmax(3.5),
            ValueInit.ZERO,
            0.125,
            0.25,
            0.5);
    String json =
        """
        {"type":"product-key","dim":6,"valueDim":6,"keysPerSide":9,"heads":2,"slotsPerHead":5,\
        "queryDim":4,"queryNorm":"l2","scoreActivation":{"type":"scaled-softmax","start":3.5},\
        "valueInit":"zero","inputDropout":0.125,"queryDropout":0.25,"valueDropout":0.5}\
        """;
    assertEquals(json, JSON.writeValueAsString(config.toJson()));
    assertEquals(config, read(json));
    var dense = new DenseConfig(6, 10);
    assertEquals(
        "{\"type\":\"dense\",\"dim\":6,\"hidden\":10}", JSON.writeValueAsString(dense.toJson()));
    assertEquals(dense, read("{'type': 'dense', 'dim': 6, 'hidden': 10}"));
  }

  @Test
  void anActivationMayBeItsTypeAlone() {
    var config =
        (ProductKeyConfig)
            read("{'type': 'product-key', 'dim': 4, 'scoreActivation': 'scaled-softmax'}");
    assertEquals(new ScaledSoftmax(5), config.scoreActivation());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'heds': 4                                    | memory.heds: unknown setting; did you mean heads?
          'SlotsPerHeads': 4                           | did you mean slotsPerHead?
          'heads': 1.5                                 | memory.heads: 1.5 is not an integer
          'heads': 0                                   | heads 0 is not positive; raise memory.heads
          'queryNorm': 'batches'                       | did you mean batch?
          'queryNorm': 3                               | memory.queryNorm: 3 is none of batch, layer, l2, none
          'scoreActivation': {'type': 'softmx'}        | memory.scoreActivation.type: softmx is none of softmax, scaled-softmax
          'scoreActivation': {'type':'softmax','start':1} | memory.scoreActivation.start: unknown setting
          'scoreActivation': {'type':'scaled-softmax','start':0} | start 0.0 is not a positive number
          'keysPerSide': 0                             | keysPerSide 0 is outside
          'slotsPerHead': 64, 'keysPerSide': 32        | slotsPerHead 64 exceeds keysPerSide 32; lower memory.slotsPerHead
          'queryDim': 7                                | queryDim 7 is not positive and even
          'valueDim': 8                                | valueDim 8 differs from dim 4; set memory.valueDim to 4
          'valueDropout': 1                            | valueDropout 1.0 is outside
          'valueDropout': 'much'                       | memory.valueDropout: "much" is not a number
          'dim': -1                                    | dim -1 is not positive
          'type': 'products'                           | did you mean product-key?
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
    ProductKeyConfig memory = ProductKeyConfig.defaults(384);
    // 4 heads of a query of 256, two sides of 256 half-keys of 128, 119 sums and 32 rows
    assertEquals(4 * (384 * 256 + 256 * 256 + 119 + 32 * 384), memory.multiplyAdds());
    DenseConfig dense = DenseConfig.ofSameCompute(memory);
    assertEquals(918, dense.hidden());
    assertEquals((double) memory.multiplyAdds(), dense.multiplyAdds(), dense.dim());
  }

  @Test
  void aFileWithoutAnObjectIsRefused() {
    assertThrows(InvalidInputException.class, () -> read("3"));
    assertThrows(InvalidInputException.class, () -> read("{'type': 'dense', 'dim': 6}"));
    assertThrows(InvalidInputException.class, () -> new DenseConfig(4, 0));
  }
}
