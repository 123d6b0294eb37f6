package org.mneme.model;

import static org.mneme.model.Sizes.requireDivides;
import static org.mneme.model.Sizes.requirePositive;
import static org.mneme.model.Sizes.requireProbability;
import static org.mneme.model.Sizes.requireShare;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The sizes and settings of a GPT-2, as Hugging Face's `config.json` has them.
///
/// @param vocabulary rows of the word embeddings
/// @param dim width of the model, a multiple of `heads`
/// @param layers number of blocks
/// @param heads attention heads
/// @param feedForwardDim inner width of the feed-forward
/// @param activation of the feed-forward
/// @param positions rows of the position embeddings: the longest text
/// @param layerNormEps added to the variance in every layer norm
/// @param dropout shares dropped in training
/// @param scaled whether attention scores are divided by the root of the head's width
/// @param scaledByLayer whether they are divided by the number of the block too, counted from 1
/// @param tied whether the head decodes with the word embeddings
/// @param memory the memories, null for a plain model
/// @param keptWords the words that have rows in memory, null for all
/// @param crossHead probability, in [0, 1], that a block's heads attend with each other's keys and
///   values in a step of a training
public record Gpt2Config(
    int vocabulary,
    int dim,
    int layers,
    int heads,
    int feedForwardDim,
    Activation activation,
    int positions,
    double layerNormEps,
    Shares dropout,
    boolean scaled,
    boolean scaledByLayer,
    boolean tied,
    @Nullable MemoryPlacement memory,
    @Nullable KeptWords keptWords,
    double crossHead)
    implements DecoderConfig {
  static final String MODEL_TYPE = "gpt2";

  /// Shares of elements dropped in training, each in [0, 1).
  ///
  /// @param embeddings of the embeddings
  /// @param residual of what attention and feed-forward add
  /// @param attention of the attention weights
  public record Shares(double embeddings, double residual, double attention) {
    /// Checks ranges.
    public Shares {
      requireShare("embd_pdrop", embeddings);
      requireShare("resid_pdrop", residual);
      requireShare("attn_pdrop", attention);
    }
  }

  /// Checks ranges and that the parts fit.
  public Gpt2Config {
    requirePositive("vocab_size", vocabulary);
    requirePositive("n_embd", dim);
    requirePositive("n_layer", layers);
    requirePositive("n_head", heads);
    requirePositive("n_inner", feedForwardDim);
    requirePositive("n_positions", positions);
    requireDivides("n_head", heads, "n_embd", dim);
    requireProbability("crossHead", crossHead);
    if (memory != null) {
      memory.requireFits(layers, dim);
    }
  }

  /// What block `index` (counted from 0) multiplies its attention scores with.
  double attentionScale(int index) {
    double scale = scaled ? 1 / Math.sqrt(headDim()) : 1;
    return scaledByLayer ? scale / (index + 1) : scale;
  }

  @Override
  public int maxTokens() {
    return positions;
  }

  @Override
  public boolean dropsOut() {
    return dropout.embeddings > 0 || dropout.residual > 0 || dropout.attention > 0;
  }

  @Override
  public int keyValueHeads() {
    return heads;
  }

  @Override
  public String wordsName() {
    return "wte.weight";
  }

  @Override
  public String blocksName() {
    return "h.";
  }

  @Override
  public String basePrefix() {
    return "transformer.";
  }

  @Override
  public String architecture(boolean withHead) {
    return withHead ? "GPT2LMHeadModel" : "GPT2Model";
  }

  @Override
  public Gpt2Config withMemory(@Nullable MemoryPlacement placement) {
    return with(dropout, placement, keptWords, crossHead);
  }

  @Override
  public Gpt2Config withDropout(double share) {
    return with(new Shares(share, share, share), memory, keptWords, crossHead);
  }

  @Override
  public Gpt2Config withCrossHead(double probability) {
    return with(dropout, memory, keptWords, probability);
  }

  @Override
  public Gpt2Config withKeptWords(@Nullable KeptWords kept) {
    return with(dropout, memory, kept, crossHead);
  }

  private Gpt2Config with(
      Shares dropout,
      @Nullable MemoryPlacement memory,
      @Nullable KeptWords keptWords,
      double crossHead) {
    return new Gpt2Config(
        vocabulary,
        dim,
        layers,
        heads,
        feedForwardDim,
        activation,
        positions,
        layerNormEps,
        dropout,
        scaled,
        scaledByLayer,
        tied,
        memory,
        keptWords,
        crossHead);
  }

  /// Reads Hugging Face's `config.json`; keys that are absent have Hugging Face's defaults.
  public static Gpt2Config fromJson(JsonNode json) {
    String modelType = json.path("model_type").asString("");
    if (!modelType.equals(MODEL_TYPE)) {
      throw InvalidInputException.config("model_type", "\"" + modelType + "\" is not gpt2");
    }
    if (json.path("add_cross_attention").asBoolean(false)) {
      throw InvalidInputException.config(
          "add_cross_attention", "true is not supported; take a model without cross-attention");
    }
    int dim = json.path("n_embd").asInt(768);
    return new Gpt2Config(
        json.path("vocab_size").asInt(50257),
        dim,
        json.path("n_layer").asInt(12),
        json.path("n_head").asInt(12),
        json.path("n_inner").asInt(4 * dim), // null means the same
        Activation.of(json.path("activation_function").asString("gelu_new"), "activation_function"),
        json.path("n_positions").asInt(1024),
        json.path("layer_norm_epsilon").asDouble(1e-5),
        new Shares(
            json.path("embd_pdrop").asDouble(0.1),
            json.path("resid_pdrop").asDouble(0.1),
            json.path("attn_pdrop").asDouble(0.1)),
        json.path("scale_attn_weights").asBoolean(true),
        json.path("scale_attn_by_inverse_layer_idx").asBoolean(false),
        json.path("tie_word_embeddings").asBoolean(true),
        json.has("memory") ? MemoryPlacement.fromJson(json.path("memory")) : null,
        null,
        0);
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model_type", MODEL_TYPE);
    json.put("vocab_size", vocabulary);
    json.put("n_embd", dim);
    json.put("n_layer", layers);
    json.put("n_head", heads);
    json.put("n_inner", feedForwardDim);
    json.put("activation_function", activation.huggingFaceName());
    json.put("n_positions", positions);
    json.put("layer_norm_epsilon", layerNormEps);
    json.put("embd_pdrop", dropout.embeddings);
    json.put("resid_pdrop", dropout.residual);
    json.put("attn_pdrop", dropout.attention);
    json.put("scale_attn_weights", scaled);
    json.put("scale_attn_by_inverse_layer_idx", scaledByLayer);
    json.put("tie_word_embeddings", tied);
    if (memory != null) {
      json.set("memory", memory.toJson());
    }
    return json;
  }
}
