package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.tensor.PlannedTensor;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class LlamaTest {
  private static ObjectNode json(String modelType) {
    ObjectNode json = JsonMapper.shared().createObjectNode();
    return json.put("model_type", modelType)
        .put("vocab_size", 104)
        .put("hidden_size", 16)
        .put("num_hidden_layers", 3)
        .put("num_attention_heads", 4)
        .put("num_key_value_heads", 2)
        .put("intermediate_size", 20)
        .put("max_position_embeddings", 40);
  }

  static Stream<LlamaConfig> models() {
    ObjectNode windowed = json("qwen2");
    windowed.put("use_sliding_window", true).put("sliding_window", 3).put("max_window_layers", 1);
    windowed.put("tie_word_embeddings", true);
    ObjectNode scaled = json("llama").put("attention_bias", true).put("mlp_bias", true);
    scaled
        .putObject("rope_scaling")
        .put("type", "llama3")
        .put("factor", 4)
        .put("original_max_position_embeddings", 16);
    LlamaConfig llama = LlamaConfig.fromJson(json("llama"));
    return Stream.of(
        llama,
        LlamaConfig.fromJson(scaled),
        LlamaConfig.fromJson(json("mistral").put("sliding_window", 2)),
        LlamaConfig.fromJson(windowed),
        llama.withMemory(TinyModel.beside(TinyModel.memory(16), 1)),
        LlamaConfig.fromJson(scaled)
            .withAdapters(new AdapterConfig(List.of(0, 2), 3, 6, AdapterConfig.TARGETS)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void theConfigComesBackFromItsJson(LlamaConfig config) {
    assertEquals(
        config, ArchitectureConfig.fromJson(config.toJson()).withAdapters(config.adapters()));
  }

  @ParameterizedTest
  @MethodSource("models")
  void whatIsPlannedIsWhatIsMade(LlamaConfig config) {
    try (var model = new CausalLanguageModel(config, 1)) {
      long planned = ModelTensors.of(config).stream().mapToLong(PlannedTensor::elements).sum();
      long made =
          model.parameters().all().values().stream().distinct().mapToLong(Tensor::numel).sum();
      assertEquals(planned, made);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aTokenSeesThoseBeforeItAlone(LlamaConfig config) {
    long[] text = {5, 9, 33, 7, 80, 2, 14};
    long[] other = text.clone();
    other[4] = 81;
    try (var model = new CausalLanguageModel(config, 1);
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      float[] logits = logits(model, text);
      float[] changed = logits(model, other);
      int before = 4 * config.vocabulary();
      assertArrayEquals(
          Arrays.copyOf(logits, before), Arrays.copyOf(changed, before), 1e-6f, "before it");
      boolean same =
          Arrays.equals(
              Arrays.copyOfRange(logits, before, logits.length),
              Arrays.copyOfRange(changed, before, logits.length));
      assertEquals(false, same, "from it on");
    }
  }

  private static float[] logits(CausalLanguageModel model, long[] text) {
    TokenInput input = new TokenInput(Tensors.of(text, 1, text.length), null, null);
    Tensor all = torch.arange(new org.bytedeco.pytorch.Scalar(text.length));
    return Tensors.floats(model.logits(input, all.to(torch.ScalarType.Long), false));
  }

  @Test
  void attentionKnowsNothingButDistances() {
    Rotary rotary = new Rotary(100, new Rotary.Unscaled());
    try (var scope = new TensorScope()) {
      Tensor query = torch.randn(1, 1, 1, 6).expand(1, 1, 9, 6);
      Tensor key = torch.randn(1, 1, 1, 6).expand(1, 1, 9, 6);
      Rotary.Turns turns = rotary.turns(0, 9, 6);
      float[] scores =
          Tensors.floats(turns.apply(query).matmul(turns.apply(key).transpose(2, 3)).view(-1));
      for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
          assertEquals(scores[9 * i + j], scores[9 * (i + 1) + j + 1], 1e-5, i + ", " + j);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "rope_type, longrope, rope_parameters.rope_type",
    "rope_theta, 0, rope_parameters.rope_theta",
    "partial_rotary_factor, 0.5, partial_rotary_factor"
  })
  void whatIsNotKnownIsToldByItsKey(String key, String value, String told) {
    ObjectNode json = json("llama");
    ObjectNode rope = json.putObject("rope_parameters");
    if (value.matches("[a-z]+")) {
      rope.put(key, value);
    } else {
      rope.put(key, Double.parseDouble(value));
    }
    assertEquals(
        told, assertThrows(InvalidInputException.class, () -> LlamaConfig.fromJson(json)).key());
  }

  @Test
  void absentAndNullKeysHaveTheMeaningsOfHuggingFace() {
    ObjectNode plain = JsonMapper.shared().createObjectNode().put("model_type", "mistral");
    LlamaConfig mistral = LlamaConfig.fromJson(plain);
    assertEquals(8, mistral.attention().keyValueHeads());
    assertEquals(128, mistral.headDim());
    assertEquals(4096, mistral.attention().windowAt(31));
    assertEquals(14336, mistral.feedForwardDim());
    assertEquals(
        List.of(), LlamaConfig.fromJson(plain.putNull("sliding_window")).attention().windows());
    plain.putNull("num_key_value_heads").putNull("head_dim").putNull("rope_scaling");
    assertEquals(32, LlamaConfig.fromJson(plain).attention().keyValueHeads());
    assertEquals(128, LlamaConfig.fromJson(plain).headDim());
    ObjectNode llama = JsonMapper.shared().createObjectNode().put("model_type", "llama");
    assertEquals(32, LlamaConfig.fromJson(llama).attention().keyValueHeads());
    assertEquals(new Rotary(10000, new Rotary.Unscaled()), LlamaConfig.fromJson(llama).rotary());
    llama
        .put("rope_theta", 500000.0)
        .putObject("rope_scaling")
        .put("type", "linear")
        .put("factor", 2);
    LlamaConfig scaled = LlamaConfig.fromJson(llama);
    assertEquals(new Rotary(500000, new Rotary.Linear(2)), scaled.rotary());
    ObjectNode written = scaled.toJson();
    assertEquals(500000, written.path("rope_theta").asDouble());
    assertEquals("linear", written.path("rope_scaling").path("rope_type").asString());
    written.remove("rope_parameters"); // as transformers 4 sees it
    assertEquals(scaled, LlamaConfig.fromJson(written));
    ObjectNode qwen = JsonMapper.shared().createObjectNode().put("model_type", "qwen2");
    qwen.put("use_sliding_window", true).put("num_hidden_layers", 2);
    qwen.putArray("layer_types").add("full_attention").add("sliding_attention");
    assertEquals(List.of(0, 4096), LlamaConfig.fromJson(qwen).attention().windows());
    assertEquals(true, LlamaConfig.fromJson(qwen).attention().inputBias());
    assertEquals(false, LlamaConfig.fromJson(qwen).attention().outputBias());
  }

  @Test
  void checkpointingGivesTheSameGradients() {
    LlamaConfig config = models().toList().get(3).withDropout(0.3);
    long[] text = {5, 9, 33, 7, 80, 2, 14};
    List<float[]> gradients = new java.util.ArrayList<>();
    for (boolean recomputes : new boolean[] {false, true}) {
      try (var model = new CausalLanguageModel(config, 1);
          var scope = new TensorScope()) {
        model.base().recompute(recomputes);
        org.mneme.tensor.Randomness.seed(3);
        TokenInput input = new TokenInput(Tensors.of(text, 1, text.length), null, null);
        Tensor last = Tensors.of(new long[] {6, 3}, 2);
        model.logits(input, last, true).square().sum().backward();
        gradients.add(
            Tensors.floats(
                model.parameters().get("model.layers.0.self_attn.q_proj.weight").grad()));
      }
    }
    assertArrayEquals(gradients.get(0), gradients.get(1));
  }

  @Test
  void sizesThatDoNotFitAreToldByTheirKey() {
    for (var entry :
        List.of(
            List.of("num_key_value_heads", "3", "num_key_value_heads"),
            List.of("head_dim", "5", "head_dim"),
            List.of("vocab_size", "0", "vocab_size"))) {
      ObjectNode json = json("llama").put(entry.get(0), Integer.parseInt(entry.get(1)));
      assertEquals(
          entry.get(2),
          assertThrows(InvalidInputException.class, () -> LlamaConfig.fromJson(json)).key());
    }
  }
}
