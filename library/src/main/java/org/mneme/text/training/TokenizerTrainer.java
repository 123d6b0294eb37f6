package org.mneme.text.training;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mneme.InvalidInputException;
import org.mneme.text.training.PairMerges.Merge;
import org.mneme.text.training.WordCounts.Counted;

/// Makes a tokenizer from texts: the same texts, the same tokenizer, to the bit. One thread at a
/// time; counts on all processors.
public final class TokenizerTrainer {
  private static final String CONTINUES = "##";
  private static final int MOST_CHARACTERS = 1000; // in a WordPiece vocabulary's alphabet

  private final TokenizerKind kind;
  private final Settings settings;
  private final WordCounts counts;

  /// What a tokenizer is made like.
  ///
  /// @param vocabulary tokens at the most, special ones included; 0 for all that there are, of
  ///   characters and words
  /// @param minFrequency how often a pair has to occur to become a token; of words and characters
  ///   how often these have to
  /// @param lowercase whether upper case becomes lower case, for good
  public record Settings(int vocabulary, long minFrequency, boolean lowercase) {
    /// Checks ranges.
    public Settings {
      if (vocabulary < 0) {
        throw InvalidInputException.config("vocabulary", vocabulary + " must be 0 or more");
      }
      if (minFrequency < 1) {
        throw InvalidInputException.config("minFrequency", minFrequency + " must be 1 or more");
      }
    }
  }

  /// What came of it.
  ///
  /// @param vocabulary tokens by their ids
  /// @param files `tokenizer.json` and what belongs beside it, by name
  /// @param characters (UTF-16 units) of the texts
  public record Trained(List<String> vocabulary, Map<String, String> files, long characters) {}

  /// A trainer of such tokenizers.
  ///
  /// @throws InvalidInputException of kind CONFIG where the settings do not fit the kind
  public TokenizerTrainer(TokenizerKind kind, Settings settings) {
    this.kind = kind;
    this.settings = settings;
    counts = new WordCounts(Splitters.of(kind, settings.lowercase));
    int least = TokenizerJsonWriter.special(kind).size();
    switch (kind) {
      case BYTELEVEL -> requireRoom(least + 256, "256 bytes and special tokens");
      case WORDPIECE -> requireRoom(least + 1, "special tokens");
      case BYTES -> {}
      case CHARACTERS, WORDS -> {
        if (settings.vocabulary != 0) {
          requireRoom(least + 1, "special tokens");
        }
      }
    }
    if (settings.lowercase && (kind == TokenizerKind.BYTELEVEL || kind == TokenizerKind.BYTES)) {
      throw InvalidInputException.config(
          "lowercase", kind.label() + " gives every text back as it was; leave it out");
    }
  }

  private void requireRoom(int least, String what) {
    if (settings.vocabulary < least) {
      throw InvalidInputException.config(
          "vocabulary",
          "%d has no room for %s; give %s %d at least"
              .formatted(settings.vocabulary, what, kind.label(), least));
    }
  }

  /// Takes a text.
  public void add(String text) {
    counts.add(text);
  }

  /// The tokenizer of all texts so far.
  public Trained train() {
    counts.finish();
    var writer = new TokenizerJsonWriter(kind, settings.lowercase);
    return switch (kind) {
      case BYTES -> trained(writer, new Pieces(byteSymbols()), List.of(), counts);
      case CHARACTERS -> trained(writer, new Pieces(whole(counts, true)), List.of(), counts);
      case WORDS -> trained(writer, new Pieces(whole(counts, false)), List.of(), counts);
      case BYTELEVEL -> byteLevel(writer, counts);
      case WORDPIECE -> wordPiece(writer, counts);
    };
  }

  private static Trained trained(
      TokenizerJsonWriter writer, Pieces pieces, List<Merge> merges, WordCounts counts) {
    List<String[]> named =
        merges.stream()
            .map(merge -> new String[] {pieces.name(merge.left()), pieces.name(merge.right())})
            .toList();
    return new Trained(pieces.names(), writer.files(pieces.names(), named), counts.characters());
  }

  /// Tokens by their ids.
  private final class Pieces implements PairMerges.Symbols {
    private final List<String> names = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();

    /// Special tokens, then these.
    Pieces(List<String> first) {
      TokenizerJsonWriter.special(kind).forEach(this::id);
      first.forEach(this::id);
    }

    int id(String name) {
      Integer known = ids.putIfAbsent(name, names.size());
      if (known == null) {
        names.add(name);
        return names.size() - 1;
      }
      return known;
    }

    int find(String name) {
      return ids.getOrDefault(name, -1);
    }

    String name(int id) {
      return names.get(id);
    }

    List<String> names() {
      return List.copyOf(names);
    }

    @Override
    public int merged(int left, int right) {
      String end = name(right);
      boolean continues = kind == TokenizerKind.WORDPIECE && end.startsWith(CONTINUES);
      return id(name(left) + (continues ? end.substring(CONTINUES.length()) : end));
    }

    @Override
    public int size() {
      return names.size();
    }
  }

  private static List<String> byteSymbols() {
    List<String> symbols = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      symbols.add(ByteSymbols.symbol(value));
    }
    symbols.sort(Comparator.naturalOrder());
    return symbols;
  }

  /// Characters in their order, or words by their frequency.
  private List<String> whole(WordCounts counts, boolean inOrder) {
    int room =
        settings.vocabulary == 0
            ? Integer.MAX_VALUE
            : settings.vocabulary - TokenizerJsonWriter.special(kind).size();
    List<String> kept =
        counts.sorted().stream()
            .filter(counted -> counted.count() >= settings.minFrequency)
            .map(Counted::word)
            .filter(word -> !TokenizerJsonWriter.special(kind).contains(word))
            .limit(room)
            .toList();
    return inOrder ? kept.stream().sorted().toList() : kept;
  }

  private Trained byteLevel(TokenizerJsonWriter writer, WordCounts counts) {
    Pieces pieces = new Pieces(byteSymbols());
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      ids[value] = pieces.find(ByteSymbols.symbol(value));
    }
    List<Counted> sorted = counts.sorted();
    int[][] words = new int[sorted.size()][];
    for (int i = 0; i < words.length; i++) {
      byte[] bytes = sorted.get(i).word().getBytes(StandardCharsets.UTF_8);
      words[i] = new int[bytes.length];
      for (int at = 0; at < bytes.length; at++) {
        words[i][at] = ids[bytes[at] & 0xFF];
      }
    }
    return merged(writer, pieces, words, sorted, counts);
  }

  private Trained wordPiece(TokenizerJsonWriter writer, WordCounts counts) {
    List<Counted> sorted = counts.sorted();
    Map<Integer, Long> frequency = new TreeMap<>();
    for (Counted counted : sorted) {
      counted
          .word()
          .codePoints()
          .forEach(character -> frequency.merge(character, counted.count(), Long::sum));
    }
    List<String> alphabet =
        frequency.entrySet().stream()
            .sorted(Map.Entry.<Integer, Long>comparingByValue().reversed())
            .limit(MOST_CHARACTERS)
            .map(Map.Entry::getKey)
            .sorted()
            .map(Character::toString)
            .toList();
    Pieces pieces = new Pieces(alphabet);
    int[][] words = new int[sorted.size()][];
    for (int i = 0; i < words.length; i++) {
      int[] characters =
          sorted.get(i).word().codePoints().filter(c -> alphabetHas(pieces, c)).toArray();
      for (int at = 0; at < characters.length; at++) {
        String own = Character.toString(characters[at]);
        characters[at] = pieces.id(at == 0 ? own : CONTINUES + own);
      }
      words[i] = characters;
    }
    return merged(writer, pieces, words, sorted, counts);
  }

  private static boolean alphabetHas(Pieces pieces, int character) {
    return pieces.find(Character.toString(character)) >= 0;
  }

  private Trained merged(
      TokenizerJsonWriter writer,
      Pieces pieces,
      int[][] words,
      List<Counted> sorted,
      WordCounts counts) {
    long[] frequencies = sorted.stream().mapToLong(Counted::count).toArray();
    List<Merge> merges =
        new PairMerges(words, frequencies)
            .learn(pieces, settings.vocabulary, settings.minFrequency);
    return trained(writer, pieces, merges, counts);
  }
}
