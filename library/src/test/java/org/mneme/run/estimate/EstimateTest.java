package org.mneme.run.estimate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.config.Binder;
import org.mneme.config.Settings;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertConfig;
import org.mneme.model.CausalConfig;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.NewModelConfig;
import org.mneme.run.AddedMemoryConfig;
import org.mneme.run.ModelConfig;
import org.mneme.run.RunConfig;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class EstimateTest {
  private static final int WORDS = 500;
  private static final String BERT = "type: bert, dim: 16, layers: 3, heads: 2, positions: 40";
  private static final String TWO = ", memory: {layers: [0, -1], layer: {type: product-key,";

  private static RunConfig config(String model, String... assignments) {
    String text =
        "{model: {new: {%s}, tokenizer: t}, data: {train: t.txt}, train: {stop: {steps: 10}},"
            + " objective: "
            + (model.startsWith("type: gpt2") ? "causal}" : "masked}");
    String[] parts = model.split(", memory:", -1);
    Settings settings = Settings.parse(text.formatted(parts[0]), "run").with(List.of(assignments));
    if (parts.length > 1) {
      settings = settings.with(List.of("model.memory=" + parts[1].strip()));
    }
    return Binder.bind(settings, RunConfig.class);
  }

  private static ArchitectureConfig architecture(ModelConfig model) {
    NewModelConfig fresh = model.architecture();
    if (fresh == null) {
      throw new AssertionError("no model.new");
    }
    ArchitectureConfig config = fresh.config(WORDS, 0).withDropout(model.dropout());
    AddedMemoryConfig memory = model.memory();
    return memory == null ? config : config.withMemory(memory.in(config.layers(), config.dim()));
  }

  private static Estimate estimate(RunConfig config) {
    return Estimate.of(config, architecture(config.model()));
  }

  private static LanguageModel model(ArchitectureConfig config) {
    return switch (config) {
      case BertConfig bert -> new MaskedLanguageModel(bert, 1);
      case CausalConfig causal -> new CausalLanguageModel(causal, 1);
    };
  }

  private static long bytes(Estimate estimate, MemoryPart.Name name) {
    return estimate.memory().parts().stream()
        .filter(part -> part.name() == name)
        .mapToLong(MemoryPart::bytes)
        .sum();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        BERT,
        "type: distilbert, dim: 16, layers: 2, heads: 2, positions: 40",
        "type: gpt2, dim: 16, layers: 2, heads: 2, positions: 40",
        BERT + TWO + " keysPerSide: 40}}",
        BERT + TWO + " keysPerSide: 40, sharedTable: one}}",
        BERT + TWO + " keysPerSide: 40, tableType: bfloat16}}",
        BERT + ", memory: {layers: [1], placement: replace, layer: {type: peer, keysPerSide: 40}}"
      })
  void parametersAndBytesAreThoseOfTheModel(String text) {
    RunConfig config = config(text);
    Estimate estimate = estimate(config);
    try (LanguageModel model = model(estimate.model())) {
      long parameters = 0;
      long dense = 0;
      long buffers = 0;
      long tables = 0;
      for (var entry : model.parameters().all().entrySet()) {
        Tensor tensor = entry.getValue();
        boolean buffer = model.parameters().isBuffer(entry.getKey());
        parameters += buffer ? 0 : tensor.numel();
        if (model.base().tables().containsKey(entry.getKey())) {
          tables += tensor.nbytes();
        } else if (buffer) {
          buffers += tensor.nbytes();
        } else {
          dense += tensor.nbytes();
        }
      }
      assertEquals(parameters, sum(estimate, false));
      assertEquals(parameters, sum(estimate, true));
      assertEquals(dense + buffers, bytes(estimate, MemoryPart.Name.WEIGHTS));
      assertEquals(tables, bytes(estimate, MemoryPart.Name.TABLES));
      assertEquals(2 * tables, bytes(estimate, MemoryPart.Name.ROW_MOMENTS));
      assertEquals(dense, bytes(estimate, MemoryPart.Name.GRADIENTS));
      assertEquals(2 * dense, bytes(estimate, MemoryPart.Name.DENSE_MOMENTS));
    }
  }

  private static long sum(Estimate estimate, boolean trained) {
    return estimate.parts().stream()
        .mapToLong(part -> trained ? part.trained() : part.parameters())
        .sum();
  }

  @Test
  void adaptersAreAPartAndTrainedAloneIfAsked() {
    ObjectNode json = JsonMapper.shared().createObjectNode().put("model_type", "llama");
    json.put("vocab_size", WORDS).put("hidden_size", 16).put("num_hidden_layers", 3);
    json.put("num_attention_heads", 2).put("num_key_value_heads", 1).put("intermediate_size", 20);
    ArchitectureConfig llama =
        ArchitectureConfig.fromJson(json)
            .withAdapters(new AdapterConfig(List.of(2), 4, 8, List.of("q_proj", "up_proj")));
    String causal = "type: gpt2, dim: 16, layers: 3, heads: 2, positions: 40";
    Estimate all = Estimate.of(config(causal), llama);
    Estimate frozen = Estimate.of(config(causal, "train.freeze=[backbone]"), llama);
    long size = 4 * (16 + 16 + 16 + 20);
    assertEquals(new ModelPart(ModelPart.Name.ADAPTERS, size, size), part(frozen));
    assertEquals(size, sum(frozen, true));
    assertEquals(sum(all, false), sum(all, true));
    assertTrue(
        bytes(frozen, MemoryPart.Name.ACTIVATIONS) < bytes(all, MemoryPart.Name.ACTIVATIONS));
  }

  private static ModelPart part(Estimate estimate) {
    return estimate.parts().stream()
        .filter(part -> part.name() == ModelPart.Name.ADAPTERS)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatIsFrozenTakesNoGradientsMomentsOrActivations() {
    String memory = BERT + ", memory: {layers: [-1], layer: {type: product-key, keysPerSide: 40}}";
    Estimate all = estimate(config(memory));
    Estimate frozen = estimate(config(memory, "train.freeze=[backbone]"));
    assertEquals(sum(all, false), sum(frozen, false));
    assertTrue(sum(frozen, true) < sum(all, true));
    for (MemoryPart.Name name :
        List.of(
            MemoryPart.Name.GRADIENTS,
            MemoryPart.Name.DENSE_MOMENTS,
            MemoryPart.Name.ACTIVATIONS)) {
      assertTrue(bytes(frozen, name) < bytes(all, name), name.label());
    }
    assertEquals(
        bytes(all, MemoryPart.Name.ROW_MOMENTS), bytes(frozen, MemoryPart.Name.ROW_MOMENTS));
  }

  @Test
  void thePeakIsTheSumOfItsPartsAndGrowsWithBatches() {
    Estimate small = estimate(config(BERT, "data.batches.maxLength=40"));
    Estimate large = estimate(config(BERT, "data.batches={tokensPerBatch: 12800, maxLength: 40}"));
    MemoryEstimate memory = large.memory();
    assertEquals(memory.peak(), memory.parts().stream().mapToLong(MemoryPart::bytes).sum());
    assertTrue(
        bytes(large, MemoryPart.Name.ACTIVATIONS) > 9 * bytes(small, MemoryPart.Name.ACTIVATIONS));
    assertTrue(bytes(large, MemoryPart.Name.LOGITS) > 5 * bytes(small, MemoryPart.Name.LOGITS));
  }

  @Test
  void scoresOfWordsTakeNoMoreThanAChunkOfThem() {
    String batches = "data.batches={tokensPerBatch: %d, maxLength: 40}";
    Estimate large = estimate(config(BERT, batches.formatted(12_800)));
    Estimate largest = estimate(config(BERT, batches.formatted(12_800_000)));
    assertTrue(bytes(largest, MemoryPart.Name.LOGITS) < 500 * bytes(large, MemoryPart.Name.LOGITS));
  }

  @Test
  void recomputedBlocksKeepLess() {
    String batches = "data.batches={tokensPerBatch: 12800, maxLength: 40}";
    Estimate kept = estimate(config(BERT, batches));
    Estimate recomputed = estimate(config(BERT, batches, "train.gradientCheckpointing=true"));
    assertTrue(
        bytes(recomputed, MemoryPart.Name.ACTIVATIONS) < bytes(kept, MemoryPart.Name.ACTIVATIONS));
  }

  @Test
  void batchesThatAreAddedUpHaveTheirGradientsTwice() {
    assertEquals(
        2 * bytes(estimate(config(BERT)), MemoryPart.Name.GRADIENTS),
        bytes(estimate(config(BERT, "train.accumulate=2")), MemoryPart.Name.GRADIENTS));
  }

  @Test
  void whatFitsIsTheLargestBatchThatDoes() {
    RunConfig config = config(BERT);
    Estimate estimate = estimate(config);
    long room = estimate.memory().peak() + 100_000_000;
    long tokens = estimate.tokensThatFit(room).orElseThrow();
    assertTrue(peakWith(tokens) <= room);
    assertTrue(peakWith(tokens + 10) > room);
    assertTrue(estimate.tokensThatFit(1_000_000).isEmpty());
  }

  private static long peakWith(long tokens) {
    return estimate(config(BERT, "data.batches.tokensPerBatch=" + tokens)).memory().peak();
  }

  @Test
  void theTimeOfARunIsThatOfItsStepsOrTokens() {
    StepTime step = new StepTime(0.5, 800, 20);
    assertEquals(5, seconds("steps: 10", step));
    assertEquals(50, seconds("tokens: 80000", step));
    assertEquals(5, seconds("{steps: 10, tokens: 80000}", step));
    assertEquals(60, seconds("minutes: 1", step));
    assertTrue(
        estimate(config(BERT, "train.stop={epochs: 1}")).runSeconds(step).isEmpty(),
        "nobody knows how long an epoch is before all texts are read");
  }

  private static double seconds(String stop, StepTime step) {
    String limit = stop.startsWith("{") ? stop : "{" + stop + "}";
    return estimate(config(BERT, "train.stop=" + limit)).runSeconds(step).orElseThrow();
  }
}
