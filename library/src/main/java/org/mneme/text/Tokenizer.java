package org.mneme.text;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;

/// The tokenizer of a model folder: texts to token ids and back, exactly as Hugging Face's library
/// does it, because it is that library. Nothing is ever downloaded.
///
/// Any `String` can be encoded, the empty one too; a surrogate without its partner counts as
/// U+FFFD. All methods may be called by several threads at once; [#close] by one, when the others
/// are done. It holds native memory until then.
public final class Tokenizer implements AutoCloseable {
  private final Path file;
  private final NativeTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final SpecialTokens specialTokens;
  private final Shaping shaping;
  private final OptionalInt modelMaxLength;
  private final String hash;
  private final Optional<WordCache> words;
  private final LongTexts longTexts;
  private final boolean blankBeforeWords;

  private Tokenizer(TokenizerFiles files) {
    file = files.file();
    vocabulary = Vocabulary.of(files);
    requireUnknownToken(files, vocabulary);
    specialTokens = SpecialTokens.of(files, vocabulary);
    shaping = Shaping.of(files, vocabulary, specialTokens);
    modelMaxLength = modelMaxLength(files.config());
    hash = files.hash();
    tokenizer = NativeTokenizer.load(file, files.json());
    blankBeforeWords = joinsWords(files.tokenizer().path("pre_tokenizer"));
    words =
        WordCache.isExactFor(files.tokenizer())
            ? Optional.of(new WordCache(tokenizer))
            : Optional.empty();
    longTexts = new LongTexts(tokenizer, files.tokenizer());
  }

  /// Loads `tokenizer.json` from a model folder, or that file itself, with what
  /// `tokenizer_config.json` and `special_tokens_map.json` beside it say.
  ///
  /// @throws InvalidInputException naming the file that is missing or broken
  public static Tokenizer load(Path folderOrFile) {
    return new Tokenizer(TokenizerFiles.read(folderOrFile));
  }

  /// Word models stop at the first unknown word when their own unknown token is missing; better
  /// said at once than in the middle of a corpus.
  private static void requireUnknownToken(TokenizerFiles files, Vocabulary vocabulary) {
    JsonNode model = files.tokenizer().path("model");
    String type = model.path("type").asString("");
    if (type.equals("WordPiece") || type.equals("WordLevel")) {
      String token = model.path("unk_token").asString("[UNK]");
      Vocabulary.require(vocabulary, files.file(), token, "unknown token");
    }
  }

  /// Whether words that stand alone would look like pieces of one word: byte-level tokenizers tell
  /// a word's beginning by the blank before it.
  private static boolean joinsWords(JsonNode part) {
    return (part.path("type").asString("").equals("ByteLevel")
            && !part.path("add_prefix_space").asBoolean(true))
        || part.path("pretokenizers").valueStream().anyMatch(Tokenizer::joinsWords);
  }

  /// Configurations write 1e30 for "no limit".
  private static OptionalInt modelMaxLength(JsonNode config) {
    double length = config.path("model_max_length").asDouble(0);
    return length >= 1 && length <= 1e9 ? OptionalInt.of((int) length) : OptionalInt.empty();
  }

  /// The tokens of `text` with special tokens, uncut.
  public Encoding encode(String text) {
    return encode(text, EncodingOptions.DEFAULT);
  }

  /// The tokens of `text`.
  public Encoding encode(String text, EncodingOptions options) {
    return shaping.fill(List.of(encodeUnfilled(text, null, options)), options).getFirst();
  }

  /// The ids and words of `text` alone, uncut and without special tokens: all that training needs,
  /// several times as fast as [#encode].
  public TextTokens tokens(String text) {
    return words.isPresent() ? words.get().tokens(text) : longTexts.tokens(text);
  }

  /// The tokens of two texts that belong together, such as a question and its context.
  public Encoding encodePair(String first, String second, EncodingOptions options) {
    return shaping.fill(List.of(encodeUnfilled(first, second, options)), options).getFirst();
  }

  /// The tokens of a text that is cut into words already, uncut; a token's word id is the place of
  /// its word in `words`, its offsets count within the word. Byte-level tokenizers see each word
  /// with a blank before it, as with Hugging Face's `is_split_into_words` and `add_prefix_space`. A
  /// word that the tokenizer knows nothing of (a lone control character, say) has no token.
  public Encoding encodeWords(List<String> words) {
    if (!blankBeforeWords) {
      return tokenizer.encodeWords(words, true);
    }
    Encoding blanks = tokenizer.encodeWords(words.stream().map(word -> " " + word).toList(), true);
    int[] starts = IntStream.of(blanks.offsets().starts()).map(Tokenizer::before).toArray();
    int[] ends = IntStream.of(blanks.offsets().ends()).map(Tokenizer::before).toArray();
    return blanks.withOffsets(new Offsets(starts, ends));
  }

  private static int before(int place) {
    return Math.max(0, place - 1);
  }

  /// An uncut encoding as windows of at most `maxLength` tokens: every window has all of it but the
  /// tokens of text `text`, of which it has a piece; neighbouring pieces share `stride` tokens.
  ///
  /// @param text 0 for a text without a partner, 1 for the second of a pair
  /// @throws InvalidInputException when there is no room for pieces longer than `stride`
  public TokenWindows windows(Encoding whole, int text, int maxLength, int stride) {
    return shaping.windows(whole, text, maxLength, stride);
  }

  /// The tokens of each text, in the order of the texts; encoded on all processors.
  public List<Encoding> encodeAll(List<String> texts, EncodingOptions options) {
    List<Encoding> encodings =
        texts.parallelStream().map(text -> encodeUnfilled(text, null, options)).toList();
    return shaping.fill(encodings, options);
  }

  /// The tokens of each pair `firsts[i]`, `seconds[i]`; encoded on all processors.
  public List<Encoding> encodePairs(
      List<String> firsts, List<String> seconds, EncodingOptions options) {
    if (firsts.size() != seconds.size()) {
      throw new IllegalArgumentException(
          "%d first texts, but %d second ones".formatted(firsts.size(), seconds.size()));
    }
    List<Encoding> encodings =
        IntStream.range(0, firsts.size())
            .parallel()
            .mapToObj(i -> encodeUnfilled(firsts.get(i), seconds.get(i), options))
            .toList();
    return shaping.fill(encodings, options);
  }

  private Encoding encodeUnfilled(String first, @Nullable String second, EncodingOptions options) {
    Encoding encoding = tokenizer.encode(first, second, options.specialTokens());
    return shaping.cut(encoding, second != null, options);
  }

  /// The text that `ids` stand for, as far as the tokenizer can restore it; ids outside the
  /// vocabulary are left out.
  public String decode(int[] ids, boolean skipSpecialTokens) {
    return tokenizer.decode(ids, skipSpecialTokens);
  }

  /// The tokens and their ids.
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /// The tokens with a part to play.
  public SpecialTokens specialTokens() {
    return specialTokens;
  }

  /// The ids that belong to every vocabulary, whatever the data use: tokens that are marked
  /// special, and those with a part to play.
  public BitSet alwaysKept() {
    BitSet ids = specialTokens.all();
    IntStream.range(0, vocabulary.size()).filter(vocabulary::isSpecial).forEach(ids::set);
    return ids;
  }

  /// The id that fills up short texts: the padding token, where there is none the end-of-text
  /// token.
  public int padId() {
    return shaping.padding().ids()[0];
  }

  /// The longest input its model takes, from `model_max_length`; empty when that sets no limit.
  public OptionalInt modelMaxLength() {
    return modelMaxLength;
  }

  /// The `tokenizer.json` it was loaded from.
  public Path file() {
    return file;
  }

  /// The SHA-256 of `tokenizer.json`, in hexadecimal digits: the same hash, the same tokens.
  public String hash() {
    return hash;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
