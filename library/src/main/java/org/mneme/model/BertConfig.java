package org.mneme.model;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;

/// The sizes and settings of a BERT-family encoder, as Hugging Face's `config.json` has them.
///
/// @param family BERT or RoBERTa
/// @param vocabulary rows of the word embeddings
/// @param dim width of the model, a multiple of `heads`
/// @param layers number of blocks
/// @param heads attention heads
/// @param feedForwardDim inner width of the feed-forward
/// @param activation of the feed-forward and the head
/// @param positions rows of the position embeddings
/// @param tokenTypes rows of the token type embeddings
/// @param layerNormEps added to the variance in every layer norm
/// @param padId id of the padding token
/// @param hiddenDropout share of hidden elements dropped in training, in [0, 1)
/// @param attentionDropout share of attention weights dropped in training, in [0, 1)
/// @param tied whether the masked-LM head decodes with the word embeddings
/// @param memory the memories, null for a plain encoder
public record BertConfig(
    Family family,
    int vocabulary,
    int dim,
    int layers,
    int heads,
    int feedForwardDim,
    Activation activation,
    int positions,
    int tokenTypes,
    double layerNormEps,
    int padId,
    double hiddenDropout,
    double attentionDropout,
    boolean tied,
    @Nullable MemoryPlacement memory) {

  /// What differs between the families: names of tensors and how positions are counted.
  public enum Family {
    /// Positions count from 0 (Devlin et al. 2018).
    BERT("bert", "BertModel", "BertForMaskedLM"),
    /// Positions count real tokens from padId + 1 (Liu et al. 2019).
    ROBERTA("roberta", "RobertaModel", "RobertaForMaskedLM");

    private final String modelType;
    private final String encoderArchitecture;
    private final String maskedArchitecture;

    Family(String modelType, String encoderArchitecture, String maskedArchitecture) {
      this.modelType = modelType;
      this.encoderArchitecture = encoderArchitecture;
      this.maskedArchitecture = maskedArchitecture;
    }

    /// `model_type` of `config.json`.
    public String modelType() {
      return modelType;
    }

    /// What the encoder's tensors are called by in a model with a head, such as `bert.`.
    public String basePrefix() {
      return modelType + ".";
    }

    /// The architecture's name in `config.json`, with a masked-LM head or bare.
    public String architecture(boolean withHead) {
      return withHead ? maskedArchitecture : encoderArchitecture;
    }
  }

  /// Checks ranges and that the parts fit.
  public BertConfig {
    requirePositive("vocab_size", vocabulary);
    requirePositive("hidden_size", dim);
    requirePositive("num_hidden_layers", layers);
    requirePositive("num_attention_heads", heads);
    requirePositive("intermediate_size", feedForwardDim);
    requirePositive("max_position_embeddings", positions);
    requirePositive("type_vocab_size", tokenTypes);
    requireShare("hidden_dropout_prob", hiddenDropout);
    requireShare("attention_probs_dropout_prob", attentionDropout);
    if (dim % heads != 0) {
      throw InvalidInputException.config(
          "num_attention_heads", "%d does not divide hidden_size %d".formatted(heads, dim));
    }
    if (memory != null) {
      memory.requireFits(layers, dim);
    }
  }

  /// Width of one attention head.
  public int headDim() {
    return dim / heads;
  }

  /// The longest text in tokens: RoBERTa's positions start behind the padding id.
  public int maxTokens() {
    return family == Family.ROBERTA ? positions - padId - 1 : positions;
  }

  /// Reads Hugging Face's `config.json`; keys that are absent have Hugging Face's defaults.
  public static BertConfig fromJson(JsonNode json) {
    String modelType = json.path("model_type").asString("");
    Family family =
        switch (modelType) {
          case "bert" -> Family.BERT;
          case "roberta", "xlm-roberta", "camembert" -> Family.ROBERTA;
          default ->
              throw InvalidInputException.config(
                  "model_type", "\"" + modelType + "\" is not supported; known are bert, roberta");
        };
    String positionType = json.path("position_embedding_type").asString("absolute");
    if (!positionType.equals("absolute")) {
      throw InvalidInputException.config(
          "position_embedding_type", "\"" + positionType + "\" is not supported, only absolute");
    }
    return new BertConfig(
        family,
        json.path("vocab_size").asInt(family == Family.BERT ? 30522 : 50265),
        json.path("hidden_size").asInt(768),
        json.path("num_hidden_layers").asInt(12),
        json.path("num_attention_heads").asInt(12),
        json.path("intermediate_size").asInt(3072),
        Activation.of(json.path("hidden_act").asString("gelu"), "hidden_act"),
        json.path("max_position_embeddings").asInt(512),
        json.path("type_vocab_size").asInt(2),
        json.path("layer_norm_eps").asDouble(1e-12),
        json.path("pad_token_id").asInt(family == Family.BERT ? 0 : 1),
        json.path("hidden_dropout_prob").asDouble(0.1),
        json.path("attention_probs_dropout_prob").asDouble(0.1),
        json.path("tie_word_embeddings").asBoolean(true),
        json.has("memory") ? MemoryPlacement.fromJson(json.path("memory")) : null);
  }

  /// The same model with these memories.
  public BertConfig withMemory(@Nullable MemoryPlacement placement) {
    return new BertConfig(
        family,
        vocabulary,
        dim,
        layers,
        heads,
        feedForwardDim,
        activation,
        positions,
        tokenTypes,
        layerNormEps,
        padId,
        hiddenDropout,
        attentionDropout,
        tied,
        placement);
  }

  /// The same model with another dropout, of hidden elements and attention weights alike.
  public BertConfig withDropout(double share) {
    return new BertConfig(
        family,
        vocabulary,
        dim,
        layers,
        heads,
        feedForwardDim,
        activation,
        positions,
        tokenTypes,
        layerNormEps,
        padId,
        share,
        share,
        tied,
        memory);
  }

  private static void requirePositive(String key, int value) {
    if (value <= 0) {
      throw InvalidInputException.config(key, value + " must be at least 1");
    }
  }

  private static void requireShare(String key, double value) {
    if (!(value >= 0 && value < 1)) {
      throw InvalidInputException.config(key, value + " must be in [0, 1)");
    }
  }
}
