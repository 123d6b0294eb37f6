package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.model.BertConfig.Family;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class BertConfigTest {
  private static BertConfig read(Map<String, Object> keys) {
    return BertConfig.fromJson(JsonMapper.shared().valueToTree(keys));
  }

  @Test
  void absentKeysHaveHuggingFacesDefaults() {
    assertEquals(
        new BertConfig(
            Family.BERT,
            30522,
            768,
            12,
            12,
            3072,
            Activation.GELU,
            512,
            2,
            1e-12,
            0,
            0.1,
            0.1,
            true,
            null),
        read(Map.of("model_type", "bert")));
    BertConfig roberta = read(Map.of("model_type", "roberta"));
    assertEquals(Family.ROBERTA, roberta.family());
    assertEquals(50265, roberta.vocabulary());
    assertEquals(1, roberta.padId());
  }

  @Test
  void everyKeyIsRead() {
    String json =
        """
        {"model_type": "xlm-roberta", "vocab_size": 9, "hidden_size": 6, "num_hidden_layers": 3,
         "num_attention_heads": 2, "intermediate_size": 7, "hidden_act": "gelu_new",
         "max_position_embeddings": 11, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
         "pad_token_id": 4, "hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.3,
         "tie_word_embeddings": false}
        """;
    assertEquals(
        new BertConfig(
            Family.ROBERTA,
            9,
            6,
            3,
            2,
            7,
            Activation.GELU_NEW,
            11,
            1,
            1e-5,
            4,
            0.2,
            0.3,
            false,
            null),
        BertConfig.fromJson(JsonMapper.shared().readTree(json)));
  }

  @Test
  void distilBertHasKeysOfItsOwn() {
    String json =
        """
        {"model_type": "distilbert", "vocab_size": 9, "dim": 6, "n_layers": 3, "n_heads": 2,
         "hidden_dim": 7, "activation": "relu", "max_position_embeddings": 11, "pad_token_id": 4,
         "dropout": 0.2, "attention_dropout": 0.3, "tie_word_embeddings": false}
        """;
    BertConfig config = BertConfig.fromJson(JsonMapper.shared().readTree(json));
    assertEquals(
        new BertConfig(
            Family.DISTILBERT,
            9,
            6,
            3,
            2,
            7,
            Activation.RELU,
            11,
            0,
            1e-12,
            4,
            0.2,
            0.3,
            false,
            null),
        config);
    assertEquals(6, read(Map.of("model_type", "distilbert")).layers());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "distilbert"})
  void whatIsWrittenIsRead(String modelType) {
    BertConfig config =
        read(Map.of("model_type", modelType, "vocab_size", 9))
            .withMemory(TinyModel.beside(TinyModel.memory(768), 1));
    assertEquals(config, BertConfig.fromJson(config.toJson()));
  }

  @ParameterizedTest
  @CsvSource({
    "model_type, gpt2",
    "hidden_act, tanh",
    "position_embedding_type, relative_key",
    "num_attention_heads, 3",
    "hidden_size, 0",
    "hidden_dropout_prob, 1",
    "attention_probs_dropout_prob, -0.1",
    "vocab_size, 0",
  })
  void whatCannotBeUsedIsNamed(String key, String value) {
    ObjectNode json = (ObjectNode) TinyModel.json(TinyModel.resources().resolve("config.json"));
    if (value.matches("[-.\\d]+")) {
      json.put(key, Double.parseDouble(value));
    } else {
      json.put(key, value);
    }
    var problem = assertThrows(InvalidInputException.class, () -> BertConfig.fromJson(json));
    assertEquals(InvalidInputException.Kind.CONFIG, problem.kind());
    assertEquals(key, problem.key());
    assertTrue(problem.getMessage().startsWith(key + ": "), problem.getMessage());
  }

  @Test
  void aTextMayBeAsLongAsThePositionsAllow() {
    assertEquals(40, TinyModel.config().maxTokens());
    assertEquals(
        512, read(Map.of("model_type", "roberta", "max_position_embeddings", 514)).maxTokens());
  }
}
