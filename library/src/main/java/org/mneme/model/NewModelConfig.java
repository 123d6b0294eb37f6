package org.mneme.model;

import static org.mneme.model.Sizes.requireDivides;
import static org.mneme.model.Sizes.requirePositive;

import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// The sizes of a model that starts from scratch; the key `type` chooses the architecture. The
/// vocabulary is the tokenizer's.
public sealed interface NewModelConfig {
  /// Width of the model, a multiple of heads.
  int dim();

  /// Number of blocks, at least 1.
  int layers();

  /// Attention heads, at least 1.
  int heads();

  /// Inner width of the feed-forward; 0 for four times dim.
  int feedForwardDim();

  /// Of the feed-forward.
  Activation activation();

  /// Whether a token sees only those before it.
  default boolean causal() {
    return false;
  }

  /// The model of these sizes, without memories or dropout.
  ///
  /// @param vocabulary words of the tokenizer
  /// @param padId id of the padding token
  ArchitectureConfig config(int vocabulary, int padId);

  /// An encoder with a masked-LM head (Devlin et al. 2018).
  record Bert(
      @Described("Width of the model, a multiple of heads.") int dim,
      @Described("Number of blocks, at least 1.") int layers,
      @Described("Attention heads, at least 1.") int heads,
      @Described("Inner width of the feed-forward; 0 for four times dim.") int feedForwardDim,
      @Described("Of the feed-forward and the head: gelu, gelu-new, relu or silu.")
          Activation activation,
      @Described("Longest text in tokens, at least 1.") int positions,
      @Described("Token types, at least 1; texts have type 0.") int tokenTypes)
      implements NewModelConfig {
    /// 4 blocks of width 256.
    public static final Bert DEFAULT = new Bert(256, 4, 4, 0, Activation.GELU, 512, 2);

    /// Checks ranges.
    public Bert {
      requireSizes(dim, layers, heads, feedForwardDim, positions);
      requirePositive("model.new.tokenTypes", tokenTypes);
    }

    @Override
    public BertConfig config(int vocabulary, int padId) {
      return encoder(BertConfig.Family.BERT, this, positions, tokenTypes, vocabulary, padId);
    }
  }

  /// BERT without token types, under DistilBERT's names (Sanh et al. 2019).
  record Distilbert(
      @Described("Width of the model, a multiple of heads.") int dim,
      @Described("Number of blocks, at least 1.") int layers,
      @Described("Attention heads, at least 1.") int heads,
      @Described("Inner width of the feed-forward; 0 for four times dim.") int feedForwardDim,
      @Described("Of the feed-forward: gelu, gelu-new, relu or silu.") Activation activation,
      @Described("Longest text in tokens, at least 1.") int positions)
      implements NewModelConfig {
    /// 4 blocks of width 256.
    public static final Distilbert DEFAULT = new Distilbert(256, 4, 4, 0, Activation.GELU, 512);

    /// Checks ranges.
    public Distilbert {
      requireSizes(dim, layers, heads, feedForwardDim, positions);
    }

    @Override
    public BertConfig config(int vocabulary, int padId) {
      return encoder(BertConfig.Family.DISTILBERT, this, positions, 0, vocabulary, padId);
    }
  }

  /// A causal model: norms before attention and feed-forward, learned positions (Radford et al.
  /// 2019).
  record Gpt2(
      @Described("Width of the model, a multiple of heads.") int dim,
      @Described("Number of blocks, at least 1.") int layers,
      @Described("Attention heads, at least 1.") int heads,
      @Described("Inner width of the feed-forward; 0 for four times dim.") int feedForwardDim,
      @Described("Of the feed-forward: gelu, gelu-new, relu or silu.") Activation activation,
      @Described("Longest text in tokens, at least 1.") int positions)
      implements NewModelConfig {
    /// 4 blocks of width 256.
    public static final Gpt2 DEFAULT = new Gpt2(256, 4, 4, 0, Activation.GELU_NEW, 512);

    /// Checks ranges.
    public Gpt2 {
      requireSizes(dim, layers, heads, feedForwardDim, positions);
    }

    @Override
    public boolean causal() {
      return true;
    }

    @Override
    public Gpt2Config config(int vocabulary, int padId) {
      return new Gpt2Config(
          vocabulary,
          dim,
          layers,
          heads,
          inner(this),
          activation,
          positions,
          1e-5,
          new Gpt2Config.Shares(0, 0, 0),
          true,
          false,
          true,
          null,
          null,
          0);
    }
  }

  /// A causal model that remembers earlier segments (Dai et al. 2019), for data in layout segments.
  record TransformerXl(
      @Described("Width of the model, even.") int dim,
      @Described("Number of blocks, at least 1.") int layers,
      @Described("Attention heads, at least 1.") int heads,
      @Described("Width of a head; 0 for dim / heads.") int headDim,
      @Described("Inner width of the feed-forward; 0 for four times dim.") int feedForwardDim,
      @Described("Of the feed-forward: relu, gelu, gelu-new or silu.") Activation activation,
      @Described("Tokens of earlier segments that are remembered, 0 for none.") int memoryLength,
      @Described("Whether every token sees the memoryLength last ones, rather than more the later.")
          boolean sameLength,
      @Described("The largest distance that counts, 0 for no limit.") int clampLength,
      @Described("Whether blocks norm before they compute, rather than after.") boolean normFirst,
      @Described(
              "First words of clusters behind the first, for an adaptive softmax over words sorted"
                  + " by frequency; none for a plain one.")
          List<Integer> cutoffs,
      @Described("Width of the word embeddings; 0 for dim.") int embeddingDim,
      @Described("How many times narrower those of each following cluster are, at least 1.")
          int divisor)
      implements NewModelConfig {
    /// 4 blocks of width 256.
    public static final TransformerXl DEFAULT =
        new TransformerXl(256, 4, 4, 0, 0, Activation.RELU, 128, false, 0, false, List.of(), 0, 1);

    /// Checks ranges; what parts ask of each other the model's own config does.
    public TransformerXl {
      cutoffs = List.copyOf(cutoffs);
      requirePositive("model.new.dim", dim);
      requirePositive("model.new.layers", layers);
      requirePositive("model.new.heads", heads);
      requireNotNegative("model.new.headDim", headDim);
      requireNotNegative("model.new.feedForwardDim", feedForwardDim);
      requireNotNegative("model.new.memoryLength", memoryLength);
      requireNotNegative("model.new.clampLength", clampLength);
      requireNotNegative("model.new.embeddingDim", embeddingDim);
      requirePositive("model.new.divisor", divisor);
      if (headDim == 0) {
        requireDivides("model.new.heads", heads, "model.new.dim", dim);
      }
    }

    @Override
    public boolean causal() {
      return true;
    }

    @Override
    public TransformerXlConfig config(int vocabulary, int padId) {
      return new TransformerXlConfig(
          vocabulary,
          new TransformerXlConfig.Clusters(
              cutoffs, embeddingDim == 0 ? dim : embeddingDim, divisor),
          dim,
          layers,
          heads,
          headDim == 0 ? dim / heads : headDim,
          inner(this),
          activation,
          new TransformerXlConfig.Reach(memoryLength, sameLength, clampLength),
          normFirst,
          1e-5,
          new TransformerXlConfig.Shares(0, 0),
          true,
          null,
          null,
          0,
          null);
    }
  }

  private static BertConfig encoder(
      BertConfig.Family family,
      NewModelConfig sizes,
      int positions,
      int tokenTypes,
      int vocabulary,
      int padId) {
    return new BertConfig(
            family,
            vocabulary,
            sizes.dim(),
            sizes.layers(),
            sizes.heads(),
            inner(sizes),
            sizes.activation(),
            positions,
            tokenTypes,
            1e-12,
            padId,
            0,
            0,
            true,
            null)
        .withDropout(0);
  }

  private static int inner(NewModelConfig sizes) {
    return sizes.feedForwardDim() == 0 ? 4 * sizes.dim() : sizes.feedForwardDim();
  }

  private static void requireSizes(
      int dim, int layers, int heads, int feedForwardDim, int positions) {
    requirePositive("model.new.dim", dim);
    requirePositive("model.new.layers", layers);
    requirePositive("model.new.heads", heads);
    requirePositive("model.new.positions", positions);
    requireDivides("model.new.heads", heads, "model.new.dim", dim);
    requireNotNegative("model.new.feedForwardDim", feedForwardDim);
  }

  private static void requireNotNegative(String key, int value) {
    if (value < 0) {
      throw InvalidInputException.config(key, value + " must be 0 or more");
    }
  }
}
