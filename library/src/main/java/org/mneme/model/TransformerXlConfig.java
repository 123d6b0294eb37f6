package org.mneme.model;

import static org.mneme.model.Sizes.requirePositive;
import static org.mneme.model.Sizes.requireProbability;
import static org.mneme.model.Sizes.requireShare;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The sizes and settings of a Transformer-XL (Dai et al. 2019, arXiv 1901.02860), as `config.json`
/// has them under the names of Hugging Face's `TransfoXLConfig`.
///
/// @param vocabulary number of words
/// @param clusters how embeddings and softmax part the words
/// @param dim width of the model
/// @param layers number of blocks
/// @param heads attention heads
/// @param headDim width of a head; heads x headDim need not be the width of the model
/// @param feedForwardDim inner width of the feed-forward
/// @param activation of the feed-forward
/// @param attention what attention looks at
/// @param normFirst whether blocks norm before they compute, rather than after
/// @param layerNormEps added to the variance in every layer norm
/// @param dropout shares dropped in training
/// @param tied whether the head decodes with the word embeddings
/// @param memory the memories of slots, null for a plain model
/// @param keptWords the words that have rows in memory, null for all
/// @param crossHead probability, in [0, 1], that a block's heads attend with each other's keys and
///   values in a step of a training
/// @param skipRetain how blocks are left out in training, null for never
public record TransformerXlConfig(
    int vocabulary,
    Clusters clusters,
    int dim,
    int layers,
    int heads,
    int headDim,
    int feedForwardDim,
    Activation activation,
    Reach attention,
    boolean normFirst,
    double layerNormEps,
    Shares dropout,
    boolean tied,
    @Nullable MemoryPlacement memory,
    @Nullable KeptWords keptWords,
    double crossHead,
    @Nullable SkipRetainConfig skipRetain)
    implements CausalConfig {
  static final String MODEL_TYPE = "transfo-xl";

  /// How the words, sorted by frequency, are parted: rare ones have narrower embeddings (Baevski &
  /// Auli 2019) and are chosen among in two steps (adaptive softmax, Grave et al. 2017).
  ///
  /// @param cutoffs the first words of all clusters but the first, ascending; empty for one cluster
  /// @param dim width of the embeddings of the first cluster
  /// @param divisor how many times narrower those of each following cluster are, at least 1
  public record Clusters(List<Integer> cutoffs, int dim, int divisor) {
    /// Checks ranges and order.
    public Clusters {
      cutoffs = List.copyOf(cutoffs);
      requirePositive("d_embed", dim);
      requirePositive("div_val", divisor);
      int last = 0;
      for (int cutoff : cutoffs) {
        if (cutoff <= last) {
          throw InvalidInputException.config(
              "cutoffs", cutoffs + " must be positive and ascend; sort them");
        }
        last = cutoff;
      }
      if (width(cutoffs.size(), dim, divisor) < 1) {
        throw InvalidInputException.config(
            "div_val",
            "%d leaves no width of %d for cluster %d; lower it"
                .formatted(divisor, dim, cutoffs.size()));
      }
    }

    /// All words alike, in embeddings of that width.
    public static Clusters one(int dim) {
      return new Clusters(List.of(), dim, 1);
    }

    /// How many there are.
    public int count() {
      return cutoffs.size() + 1;
    }

    /// The first word of cluster `index`.
    int first(int index) {
      return index == 0 ? 0 : cutoffs.get(index - 1);
    }

    /// The number of words of cluster `index`.
    int size(int index, int vocabulary) {
      return (index == cutoffs.size() ? vocabulary : cutoffs.get(index)) - first(index);
    }

    /// Width of the embeddings of cluster `index`.
    int width(int index) {
      return width(index, dim, divisor);
    }

    private static int width(int index, int dim, int divisor) {
      return (int) (dim / Math.pow(divisor, index));
    }

    /// Whether each cluster has a matrix of its own, rather than all one.
    boolean apart() {
      return divisor > 1;
    }
  }

  /// What attention looks at.
  ///
  /// @param memoryLength tokens of earlier segments, 0 for none
  /// @param sameLength whether every token sees as many, the `memoryLength` last ones, itself
  ///   included
  /// @param clampLength the largest distance that counts, 0 for no limit
  public record Reach(int memoryLength, boolean sameLength, int clampLength) {
    /// Checks ranges.
    public Reach {
      if (memoryLength < 0) {
        throw InvalidInputException.config("mem_len", memoryLength + " must be 0 or more");
      }
      if (sameLength && memoryLength == 0) {
        throw InvalidInputException.config(
            "same_length", "true leaves nothing to see where mem_len is 0; raise it");
      }
      if (clampLength < 0) {
        throw InvalidInputException.config("clamp_len", clampLength + " must be 0 or more");
      }
    }
  }

  /// Shares of elements dropped in training, each in [0, 1).
  ///
  /// @param hidden of embeddings, positions, what attention and feed-forward add, and the output
  /// @param attention of the attention weights
  public record Shares(double hidden, double attention) {
    /// Checks ranges.
    public Shares {
      requireShare("dropout", hidden);
      requireShare("dropatt", attention);
    }
  }

  /// Checks ranges and that the parts fit.
  public TransformerXlConfig {
    requirePositive("vocab_size", vocabulary);
    requirePositive("d_model", dim);
    requirePositive("n_layer", layers);
    requirePositive("n_head", heads);
    requirePositive("d_head", headDim);
    requirePositive("d_inner", feedForwardDim);
    requireProbability("crossHead", crossHead);
    if (dim % 2 != 0) {
      throw InvalidInputException.config(
          "d_model", dim + " is odd; positions are sines and cosines, take an even width");
    }
    if (!clusters.cutoffs.isEmpty() && clusters.cutoffs.getLast() >= vocabulary) {
      throw InvalidInputException.config(
          "cutoffs",
          "%s reach beyond the vocabulary of %d words; leave some out"
              .formatted(clusters.cutoffs, vocabulary));
    }
    if (memory != null) {
      memory.requireFits(layers, dim);
    }
    if (keptWords != null && clusters.count() > 1) {
      throw InvalidInputException.config(
          "model.partialEmbeddings",
          "words are parted at %s; partial embeddings need one cluster"
              .formatted(clusters.cutoffs));
    }
  }

  @Override
  public int embeddingDim() {
    return clusters.dim;
  }

  /// Unlimited: positions are relative.
  @Override
  public int maxTokens() {
    return Integer.MAX_VALUE;
  }

  @Override
  public boolean dropsOut() {
    return dropout.hidden > 0 || dropout.attention > 0;
  }

  @Override
  public String basePrefix() {
    return "transformer.";
  }

  @Override
  public String architecture(boolean withHead) {
    return withHead ? "TransfoXLLMHeadModel" : "TransfoXLModel";
  }

  @Override
  public TransformerXlConfig withMemory(@Nullable MemoryPlacement placement) {
    return with(attention, dropout, placement, keptWords, crossHead, skipRetain);
  }

  @Override
  public TransformerXlConfig withDropout(double share) {
    return with(attention, new Shares(share, share), memory, keptWords, crossHead, skipRetain);
  }

  @Override
  public TransformerXlConfig withCrossHead(double probability) {
    return with(attention, dropout, memory, keptWords, probability, skipRetain);
  }

  @Override
  public TransformerXlConfig withKeptWords(@Nullable KeptWords kept) {
    return with(attention, dropout, memory, kept, crossHead, skipRetain);
  }

  /// The same model with blocks left out so in training, null for never.
  public TransformerXlConfig withSkipRetain(@Nullable SkipRetainConfig other) {
    return with(attention, dropout, memory, keptWords, crossHead, other);
  }

  private TransformerXlConfig with(
      Reach attention,
      Shares dropout,
      @Nullable MemoryPlacement memory,
      @Nullable KeptWords keptWords,
      double crossHead,
      @Nullable SkipRetainConfig skipRetain) {
    return new TransformerXlConfig(
        vocabulary,
        clusters,
        dim,
        layers,
        heads,
        headDim,
        feedForwardDim,
        activation,
        attention,
        normFirst,
        layerNormEps,
        dropout,
        tied,
        memory,
        keptWords,
        crossHead,
        skipRetain);
  }

  /// Reads `config.json`; keys that are absent have Hugging Face's defaults, but that the biases of
  /// attention are those of all blocks (`untie_r` false), as in the paper.
  public static TransformerXlConfig fromJson(JsonNode json) {
    if (json.path("untie_r").asBoolean(false)) {
      throw InvalidInputException.config(
          "untie_r", "true is not supported; the biases u and v are those of all blocks");
    }
    if (json.path("attn_type").asInt(0) != 0) {
      throw InvalidInputException.config(
          "attn_type", json.path("attn_type") + " is not supported; 0 is relative attention");
    }
    int dim = json.path("d_model").asInt(1024);
    List<Integer> cutoffs =
        json.has("cutoffs")
            ? json.path("cutoffs").valueStream().map(JsonNode::asInt).toList()
            : List.of(20000, 40000, 200000);
    return new TransformerXlConfig(
        json.path("vocab_size").asInt(267735),
        new Clusters(cutoffs, json.path("d_embed").asInt(1024), json.path("div_val").asInt(4)),
        dim,
        json.path("n_layer").asInt(18),
        json.path("n_head").asInt(16),
        json.path("d_head").asInt(64),
        json.path("d_inner").asInt(4096),
        Activation.of(json.path("activation_function").asString("relu"), "activation_function"),
        new Reach(
            json.path("mem_len").asInt(1600),
            json.path("same_length").asBoolean(true),
            Math.max(0, json.path("clamp_len").asInt(1000))), // -1 for no limit
        json.path("pre_lnorm").asBoolean(false),
        json.path("layer_norm_epsilon").asDouble(1e-5),
        new Shares(json.path("dropout").asDouble(0.1), json.path("dropatt").asDouble(0)),
        json.path("tie_word_embeddings").asBoolean(true),
        json.has("memory") ? MemoryPlacement.fromJson(json.path("memory")) : null,
        null,
        0,
        null);
  }

  @Override
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model_type", MODEL_TYPE);
    json.put("vocab_size", vocabulary);
    ArrayNode cutoffs = json.putArray("cutoffs");
    clusters.cutoffs.forEach(cutoffs::add);
    json.put("d_embed", clusters.dim);
    json.put("div_val", clusters.divisor);
    json.put("d_model", dim);
    json.put("n_layer", layers);
    json.put("n_head", heads);
    json.put("d_head", headDim);
    json.put("d_inner", feedForwardDim);
    json.put("activation_function", activation.huggingFaceName());
    json.put("mem_len", attention.memoryLength);
    json.put("same_length", attention.sameLength);
    json.put("clamp_len", attention.clampLength == 0 ? -1 : attention.clampLength);
    json.put("pre_lnorm", normFirst);
    json.put("layer_norm_epsilon", layerNormEps);
    json.put("dropout", dropout.hidden);
    json.put("dropatt", dropout.attention);
    json.put("untie_r", false);
    json.put("tie_word_embeddings", tied);
    if (memory != null) {
      json.set("memory", memory.toJson());
    }
    return json;
  }
}
