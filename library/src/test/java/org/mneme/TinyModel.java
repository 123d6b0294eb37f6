package org.mneme;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mneme.data.CausalBatches;
import org.mneme.data.LengthBatches;
import org.mneme.data.MaskedBatches;
import org.mneme.data.Masker;
import org.mneme.data.Masking;
import org.mneme.data.TokenizedLines;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import org.mneme.model.Activation;
import org.mneme.model.BertConfig;
import org.mneme.model.Gpt2Config;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.NewModelConfig;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Models small enough for a test, a tokenizer of their 104 words and pieces, and sentences of
/// these.
public final class TinyModel {
  private static final List<String> NOUNS =
      List.of("cat", "dog", "bird", "fish", "tree", "river", "stone", "house", "city");
  private static final List<String> ADJECTIVES =
      List.of("red", "green", "blue", "small", "large", "old");
  private static final List<String> VERBS =
      List.of("sits", "runs", "sleeps", "grows", "flows", "stands");
  private static final List<String> PLACES = List.of("on", "under", "near", "in");

  private TinyModel() {}

  /// The folder with `tokenizer.json` and the `config.json` of [#config()].
  public static Path resources() {
    try {
      var file = Objects.requireNonNull(TinyModel.class.getResource("/tiny/config.json"));
      return Objects.requireNonNull(Path.of(file.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /// The tokenizer, which the caller closes.
  public static Tokenizer tokenizer() {
    return Tokenizer.load(resources());
  }

  /// A BERT with a tied head: dim 16, 2 blocks, 2 heads, 40 positions, no dropout.
  public static BertConfig config() {
    return BertConfig.fromJson(json(resources().resolve("config.json")));
  }

  /// A GPT-2 of the same sizes: dim 16, 2 blocks, 2 heads, 40 positions, no dropout.
  public static Gpt2Config causal() {
    return new NewModelConfig.Gpt2(16, 2, 2, 24, Activation.GELU_NEW, 40).config(104, 0);
  }

  /// What a JSON file holds.
  public static JsonNode json(Path file) {
    try {
      return JsonMapper.shared().readTree(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Copies the golden model `name` (dim 40, 3 blocks, 104 words) with the tokenizer into a new
  /// folder.
  public static Path golden(String name, Path folder) {
    try {
      Files.createDirectories(folder);
      for (String file : List.of("config.json", "model.safetensors")) {
        Files.copy(GoldenFiles.folder().resolve(name).resolve(file), folder.resolve(file));
      }
      Files.copy(resources().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A memory of 64 slots for a model of width `dim`, 2 heads, 4 reads each, values zero.
  public static SparseMemoryConfig memory(int dim) {
    return memory(MemoryType.PRODUCT_KEY, dim);
  }

  /// The same of another type.
  public static SparseMemoryConfig memory(MemoryType type, int dim) {
    return type.defaults(dim)
        .with(memory -> {
          memory.keys =
              switch (memory.keys) {
                case ProductKeys(int _) -> new ProductKeys(8);
                case FlatKeys(int _) -> new FlatKeys(64);
              };
          memory.heads = 2;
          memory.slotsPerHead = 4;
          memory.queryDim = 8;
          memory.values =
              switch (memory.values) {
                case Rows(ValueInit _) -> new Rows(ValueInit.ZERO);
                case Experts(ValueInit _) -> new Experts(ValueInit.ZERO);
              };
        });
  }

  /// `layer` beside the feed-forward of those blocks, read by all tokens.
  public static MemoryPlacement beside(MemoryConfig layer, Integer... blocks) {
    return new MemoryPlacement(List.of(blocks), Placement.BESIDE, ReadAt.ALL, layer);
  }

  /// Sentences of 5 to 13 words, the same for the same seed.
  public static List<String> sentences(int count, long seed) {
    var random = new SplittableRandom(seed);
    return IntStream.range(0, count).mapToObj(i -> sentence(random)).toList();
  }

  private static String sentence(SplittableRandom random) {
    String start = "the " + pick(NOUNS, random) + " " + pick(VERBS, random);
    String place = " " + pick(PLACES, random) + " the ";
    String end = pick(NOUNS, random);
    return switch (random.nextInt(3)) {
      case 0 -> start + place + end;
      case 1 -> start + place + pick(ADJECTIVES, random) + " " + end + ".";
      default ->
          start + place + pick(ADJECTIVES, random) + " " + end + " and " + sentenceOfFour(random);
    };
  }

  private static String sentenceOfFour(SplittableRandom random) {
    return "the " + pick(NOUNS, random) + " " + pick(VERBS, random) + ".";
  }

  private static String pick(List<String> words, SplittableRandom random) {
    return words.get(random.nextInt(words.size()));
  }

  /// Exercises over `count` sentences in batches of at most `tokensPerBatch`.
  public static MaskedBatches batches(int count, int tokensPerBatch, long seed) {
    try (Tokenizer tokenizer = tokenizer()) {
      TokenizedLines lines = TokenizedLines.of(tokenizer, sentences(count, seed), 40);
      return new MaskedBatches(
          lines,
          new LengthBatches(lines.lengths(), tokensPerBatch, seed),
          Masker.of(Masking.DEFAULT, tokenizer),
          tokenizer.padId(),
          seed);
    }
  }

  /// The same sentences, whose next tokens are to be guessed.
  public static CausalBatches nextTokens(int count, int tokensPerBatch, long seed) {
    try (Tokenizer tokenizer = tokenizer()) {
      TokenizedLines lines = TokenizedLines.of(tokenizer, sentences(count, seed), 40);
      return new CausalBatches(
          lines, new LengthBatches(lines.lengths(), tokensPerBatch, seed), tokenizer.padId());
    }
  }
}
