package org.mneme.model;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The sizes and settings of a model of whichever architecture, as `config.json` has them.
public sealed interface ArchitectureConfig permits BertConfig, CausalConfig {
  /// Rows of the word embeddings.
  int vocabulary();

  /// Width of the model.
  int dim();

  /// Width of the word embeddings.
  default int embeddingDim() {
    return dim();
  }

  /// Number of blocks.
  int layers();

  /// Attention heads.
  int heads();

  /// Width of one attention head.
  default int headDim() {
    return dim() / heads();
  }

  /// The longest text in tokens.
  int maxTokens();

  /// The memories, null for none.
  @Nullable MemoryPlacement memory();

  /// The memory of block `index`, null where it has none.
  default @Nullable MemoryPlacement memoryAt(int index) {
    MemoryPlacement placement = memory();
    return placement != null && placement.layers().contains(index) ? placement : null;
  }

  /// The adapters of low rank, null for none; of no concern to `config.json`.
  default @Nullable AdapterConfig adapters() {
    return null;
  }

  /// The same model with these adapters, null for none.
  ///
  /// @throws InvalidInputException of kind CONFIG where it is a model that takes none, or a block
  ///   does not exist
  default ArchitectureConfig withAdapters(@Nullable AdapterConfig adapters) {
    if (adapters != null) {
      throw InvalidInputException.config(
          "adapters",
          "a %s takes none; take a model of the Llama family (llama, mistral, qwen2), or leave them"
                  .formatted(toJson().path("model_type").asString())
              + " out");
    }
    return this;
  }

  /// The words that have rows in memory, null for all; of no concern to `config.json`.
  @Nullable KeptWords keptWords();

  /// The same model with rows for these words alone, null for all.
  ArchitectureConfig withKeptWords(@Nullable KeptWords kept);

  /// The same model with these memories.
  ArchitectureConfig withMemory(@Nullable MemoryPlacement placement);

  /// The same model with another dropout everywhere.
  ArchitectureConfig withDropout(double share);

  /// Probability, in [0, 1], that a block's heads attend with each other's keys and values in a
  /// step of a training, see [BaseModel#beginStep]; of no concern to `config.json`.
  double crossHead();

  /// The same model with another such probability.
  ArchitectureConfig withCrossHead(double probability);

  /// Whether a token sees only those before it.
  boolean causal();

  /// Whether training drops anything outside of memories.
  boolean dropsOut();

  /// What the tensors of the base model are called by in a model with a head, such as `bert.`.
  String basePrefix();

  /// The architecture's name in `config.json`, with a language-model head or bare.
  String architecture(boolean withHead);

  /// The content of `config.json`, as [#fromJson] reads it.
  ObjectNode toJson();

  /// Reads Hugging Face's `config.json`; keys that are absent have Hugging Face's defaults.
  ///
  /// @throws InvalidInputException of kind CONFIG for another architecture or a value that cannot
  ///   be used
  static ArchitectureConfig fromJson(JsonNode json) {
    String modelType = json.path("model_type").asString("");
    return switch (modelType) {
      case "bert", "roberta", "xlm-roberta", "camembert", "distilbert" -> BertConfig.fromJson(json);
      case Gpt2Config.MODEL_TYPE -> Gpt2Config.fromJson(json);
      case "llama", "mistral", "qwen2" -> LlamaConfig.fromJson(json);
      case TransformerXlConfig.MODEL_TYPE -> TransformerXlConfig.fromJson(json);
      default ->
          throw InvalidInputException.config(
              "model_type",
              "\""
                  + modelType
                  + "\" is not supported; known are bert, roberta, distilbert,"
                  + " gpt2, llama, mistral, qwen2, transfo-xl");
    };
  }
}
