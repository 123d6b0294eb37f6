package org.mneme.model;

import static org.mneme.model.Sizes.requireDivides;
import static org.mneme.model.Sizes.requirePositive;
import static org.mneme.model.Sizes.requireProbability;
import static org.mneme.model.Sizes.requireShare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The sizes and settings of a model of the Llama family, as Hugging Face's `config.json` has them:
/// RMS norm, rotary positions, gated feed-forward, attention whose heads may share keys and values.
///
/// @param vocabulary rows of the word embeddings
/// @param dim width of the model
/// @param layers number of blocks
/// @param feedForwardDim inner width of the feed-forward
/// @param feedForwardBias whether its products have biases
/// @param activation of the feed-forward's gate
/// @param maxTokens the longest text
/// @param rmsNormEps added to the mean square in every norm
/// @param tied whether the head decodes with the word embeddings
/// @param memory the memories, null for a plain model
/// @param adapters the adapters of low rank, null for none
/// @param keptWords the words that have rows in memory, null for all
/// @param crossHead probability, in [0, 1], that a block's heads attend with each other's keys and
///   values in a step of a training
public record LlamaConfig(
    Family family,
    int vocabulary,
    int dim,
    int layers,
    Attention attention,
    Rotary rotary,
    int feedForwardDim,
    boolean feedForwardBias,
    Activation activation,
    int maxTokens,
    double rmsNormEps,
    boolean tied,
    @Nullable MemoryPlacement memory,
    @Nullable AdapterConfig adapters,
    @Nullable KeptWords keptWords,
    double crossHead)
    implements DecoderConfig {
  /// Whose names and defaults a folder has.
  public enum Family {
    /// Llama (Touvron et al. 2023).
    LLAMA("LlamaForCausalLM", "LlamaModel"),
    /// Mistral (Jiang et al. 2023): tokens see a window.
    MISTRAL("MistralForCausalLM", "MistralModel"),
    /// Qwen2 (Yang et al. 2024): queries, keys and values have biases.
    QWEN2("Qwen2ForCausalLM", "Qwen2Model");

    private final String withHead;
    private final String bare;

    Family(String withHead, String bare) {
      this.withHead = withHead;
      this.bare = bare;
    }

    String modelType() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Sizes and settings of attention.
  ///
  /// @param heads of queries
  /// @param keyValueHeads of keys and values, a divisor of `heads`
  /// @param headDim width of a head, even
  /// @param inputBias whether queries, keys and values have biases
  /// @param outputBias whether the output projection has one
  /// @param windows how many tokens a token sees in each block, itself included, 0 for all before
  ///   it; empty for 0 in all
  /// @param dropout share of the attention weights dropped in training, in [0, 1)
  public record Attention(
      int heads,
      int keyValueHeads,
      int headDim,
      boolean inputBias,
      boolean outputBias,
      List<Integer> windows,
      double dropout) {
    /// Checks ranges and that the parts fit.
    public Attention {
      requirePositive("num_attention_heads", heads);
      requirePositive("num_key_value_heads", keyValueHeads);
      requirePositive("head_dim", headDim);
      requireDivides("num_key_value_heads", keyValueHeads, "num_attention_heads", heads);
      requireShare("attention_dropout", dropout);
      if (headDim % 2 != 0) {
        throw InvalidInputException.config("head_dim", headDim + " must be even");
      }
      windows = List.copyOf(windows);
      for (int window : windows) {
        if (window < 0) {
          throw InvalidInputException.config("sliding_window", window + " must be at least 1");
        }
      }
    }

    /// How many tokens a token sees in block `index`, 0 for all before it.
    int windowAt(int index) {
      return windows.isEmpty() ? 0 : windows.get(index);
    }
  }

  /// Checks ranges and that the parts fit.
  public LlamaConfig {
    requirePositive("vocab_size", vocabulary);
    requirePositive("hidden_size", dim);
    requirePositive("num_hidden_layers", layers);
    requirePositive("intermediate_size", feedForwardDim);
    requirePositive("max_position_embeddings", maxTokens);
    requireProbability("crossHead", crossHead);
    if (family == Family.LLAMA && attention.inputBias != attention.outputBias) {
      throw InvalidInputException.config(
          "attention_bias", "is that of all projections or of none; a Llama has no other");
    }
    if (!attention.windows.isEmpty() && attention.windows.size() != layers) {
      throw InvalidInputException.config(
          "layer_types",
          "%d types for %d blocks; give one for each".formatted(attention.windows.size(), layers));
    }
    if (memory != null) {
      memory.requireFits(layers, dim);
    }
    if (adapters != null) {
      adapters.requireFits(layers);
    }
  }

  @Override
  public int heads() {
    return attention.heads;
  }

  @Override
  public int headDim() {
    return attention.headDim;
  }

  @Override
  public boolean dropsOut() {
    return attention.dropout > 0;
  }

  @Override
  public int keyValueHeads() {
    return attention.keyValueHeads;
  }

  @Override
  public String wordsName() {
    return "embed_tokens.weight";
  }

  @Override
  public String blocksName() {
    return "layers.";
  }

  @Override
  public String basePrefix() {
    return "model.";
  }

  @Override
  public String architecture(boolean withHead) {
    return withHead ? family.withHead : family.bare;
  }

  @Override
  public LlamaConfig withMemory(@Nullable MemoryPlacement placement) {
    return with(attention, placement, adapters, keptWords, crossHead);
  }

  @Override
  public LlamaConfig withAdapters(@Nullable AdapterConfig adapters) {
    return with(attention, memory, adapters, keptWords, crossHead);
  }

  @Override
  public LlamaConfig withDropout(double share) {
    Attention dropping =
        new Attention(
            attention.heads,
            attention.keyValueHeads,
            attention.headDim,
            attention.inputBias,
            attention.outputBias,
            attention.windows,
            share);
    return with(dropping, memory, adapters, keptWords, crossHead);
  }

  @Override
  public LlamaConfig withCrossHead(double probability) {
    return with(attention, memory, adapters, keptWords, probability);
  }

  @Override
  public LlamaConfig withKeptWords(@Nullable KeptWords kept) {
    return with(attention, memory, adapters, kept, crossHead);
  }

  private LlamaConfig with(
      Attention attention,
      @Nullable MemoryPlacement memory,
      @Nullable AdapterConfig adapters,
      @Nullable KeptWords keptWords,
      double crossHead) {
    return new LlamaConfig(
        family,
        vocabulary,
        dim,
        layers,
        attention,
        rotary,
        feedForwardDim,
        feedForwardBias,
        activation,
        maxTokens,
        rmsNormEps,
        tied,
        memory,
        adapters,
        keptWords,
        crossHead);
  }

  /// Reads Hugging Face's `config.json`; keys that are absent have Hugging Face's defaults.
  public static LlamaConfig fromJson(JsonNode json) {
    String modelType = json.path("model_type").asString("");
    Family family =
        switch (modelType) {
          case "llama" -> Family.LLAMA;
          case "mistral" -> Family.MISTRAL;
          case "qwen2" -> Family.QWEN2;
          default ->
              throw InvalidInputException.config(
                  "model_type", "\"" + modelType + "\" is none of llama, mistral, qwen2");
        };
    int dim = json.path("hidden_size").asInt(4096);
    int layers = json.path("num_hidden_layers").asInt(32);
    return new LlamaConfig(
        family,
        json.path("vocab_size").asInt(family == Family.QWEN2 ? 151936 : 32000),
        dim,
        layers,
        attention(json, family, dim, layers),
        Rotary.fromJson(json),
        json.path("intermediate_size").asInt(defaultInner(family)),
        family == Family.LLAMA && json.path("mlp_bias").asBoolean(false),
        Activation.of(json.path("hidden_act").asString("silu"), "hidden_act"),
        json.path("max_position_embeddings").asInt(defaultTokens(family)),
        json.path("rms_norm_eps").asDouble(1e-6),
        json.path("tie_word_embeddings").asBoolean(false),
        json.has("memory") ? MemoryPlacement.fromJson(json.path("memory")) : null,
        null,
        null,
        0);
  }

  private static int defaultInner(Family family) {
    return switch (family) {
      case LLAMA -> 11008;
      case MISTRAL -> 14336;
      case QWEN2 -> 22016;
    };
  }

  private static int defaultTokens(Family family) {
    return switch (family) {
      case LLAMA -> 2048;
      case MISTRAL -> 131072;
      case QWEN2 -> 32768;
    };
  }

  private static Attention attention(JsonNode json, Family family, int dim, int layers) {
    int heads = json.path("num_attention_heads").asInt(32);
    requirePositive("num_attention_heads", heads);
    int keyValueHeads =
        switch (family) {
          case LLAMA -> heads;
          case MISTRAL -> 8;
          case QWEN2 -> 32;
        };
    JsonNode saidHeads = json.path("num_key_value_heads"); // null for as many as heads
    boolean bias = family == Family.LLAMA && json.path("attention_bias").asBoolean(false);
    return new Attention(
        heads,
        saidHeads.isNull() ? heads : saidHeads.asInt(keyValueHeads),
        json.path("head_dim").asInt(dim / heads),
        bias || family == Family.QWEN2,
        bias,
        windows(json, family, layers),
        json.path("attention_dropout").asDouble(0));
  }

  private static List<Integer> windows(JsonNode json, Family family, int layers) {
    JsonNode window = json.path("sliding_window");
    boolean slides =
        switch (family) {
          case LLAMA -> false;
          case MISTRAL -> !window.isNull();
          case QWEN2 -> json.path("use_sliding_window").asBoolean(false) && !window.isNull();
        };
    if (!slides) {
      return List.of();
    }
    int tokens = window.asInt(4096);
    requirePositive("sliding_window", tokens);
    if (family == Family.MISTRAL) {
      return Collections.nCopies(layers, tokens);
    }
    List<Integer> windows = new ArrayList<>();
    JsonNode types = json.path("layer_types");
    for (int i = 0; i < (types.isArray() ? types.size() : layers); i++) {
      boolean own =
          types.isArray()
              ? types.get(i).asString("").equals("sliding_attention")
              : i >= json.path("max_window_layers").asInt(28);
      windows.add(own ? tokens : 0);
    }
    return windows;
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model_type", family.modelType());
    json.put("vocab_size", vocabulary);
    json.put("hidden_size", dim);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", attention.heads);
    json.put("num_key_value_heads", attention.keyValueHeads);
    json.put("head_dim", attention.headDim);
    json.put("attention_dropout", attention.dropout);
    json.put("intermediate_size", feedForwardDim);
    json.put("hidden_act", activation.huggingFaceName());
    json.put("max_position_embeddings", maxTokens);
    json.put("rms_norm_eps", rmsNormEps);
    json.put("tie_word_embeddings", tied);
    ObjectNode rope = rotary.toJson();
    json.set("rope_parameters", rope);
    json.put("rope_theta", rotary.theta()); // for transformers before 5
    if (!(rotary.scaling() instanceof Rotary.Unscaled)) {
      ObjectNode scaling = rope.deepCopy();
      scaling.remove("rope_theta");
      json.set("rope_scaling", scaling);
    }
    switch (family) {
      case LLAMA ->
          json.put("attention_bias", attention.inputBias).put("mlp_bias", feedForwardBias);
      case MISTRAL -> {
        if (attention.windows.isEmpty()) {
          json.putNull("sliding_window");
        } else {
          json.put("sliding_window", attention.windows.getFirst());
        }
      }
      case QWEN2 -> windowsToJson(json);
    }
    if (memory != null) {
      json.set("memory", memory.toJson());
    }
    return json;
  }

  private void windowsToJson(ObjectNode json) {
    boolean slides = attention.windows.stream().anyMatch(window -> window > 0);
    json.put("use_sliding_window", slides);
    if (slides) {
      json.put("sliding_window", Collections.max(attention.windows));
      ArrayNode types = json.putArray("layer_types");
      attention.windows.forEach(
          window -> types.add(window > 0 ? "sliding_attention" : "full_attention"));
    }
  }
}
