package org.mneme.text.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.text.Tokenizer;
import org.mneme.text.training.TokenizerTrainer.Settings;
import org.mneme.text.training.TokenizerTrainer.Trained;

class TokenizerTrainerTest {
  private static final Pattern GPT2 =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  @TempDir private Path temp;

  private static Trained train(TokenizerKind kind, Settings settings, List<String> texts) {
    var trainer = new TokenizerTrainer(kind, settings);
    texts.forEach(trainer::add);
    return trainer.train();
  }

  private static Settings settings(TokenizerKind kind) {
    return switch (kind) {
      case BYTELEVEL -> new Settings(300, 1, false);
      case WORDPIECE -> new Settings(80, 1, true);
      case BYTES, CHARACTERS, WORDS -> new Settings(0, 1, false);
    };
  }

  private Tokenizer load(Trained trained) {
    try {
      for (Map.Entry<String, String> file : trained.files().entrySet()) {
        Files.writeString(temp.resolve(file.getKey()), file.getValue());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return Tokenizer.load(temp);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsATokenizerWithThoseTokens(TokenizerKind kind) {
    List<String> texts = TinyModel.sentences(60, 1);
    Trained trained = train(kind, settings(kind), texts);
    try (Tokenizer tokenizer = load(trained)) {
      assertEquals(trained.vocabulary().size(), tokenizer.vocabulary().size());
      for (int id = 0; id < trained.vocabulary().size(); id++) {
        assertEquals(id, tokenizer.vocabulary().id(trained.vocabulary().get(id)).orElseThrow());
      }
      int unknown = tokenizer.specialTokens().unk().orElse(-1);
      for (String text : texts) {
        int[] ids = tokenizer.tokens(text).ids();
        for (int id : ids) {
          assertTrue(id != unknown, text);
        }
        if (kind != TokenizerKind.WORDPIECE) { // which parts punctuation from words for good
          assertEquals(text, tokenizer.decode(ids, false));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theOrderOfTextsChangesNothing(TokenizerKind kind) {
    List<String> texts = new ArrayList<>(TinyModel.sentences(200, 2));
    Trained first = train(kind, settings(kind), texts);
    Collections.shuffle(texts, new Random(3));
    assertEquals(first, train(kind, settings(kind), texts));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "naïve café, 北京 東京!",
        "a\u00a0b\u3000c\td\n\n e",
        "it's we'LL they're 'x",
        "👩‍💻 ½ ⅔ x²  ",
        ""
      })
  void bytesGiveBackAnyText(String text) {
    for (TokenizerKind kind : List.of(TokenizerKind.BYTELEVEL, TokenizerKind.BYTES)) {
      Trained trained = train(kind, settings(kind), TinyModel.sentences(20, 4));
      try (Tokenizer tokenizer = load(trained)) {
        assertEquals(text, tokenizer.decode(tokenizer.tokens(text).ids(), false));
      }
    }
  }

  @Test
  void bytesAreOneTokenEach() {
    Trained trained = train(TokenizerKind.BYTES, settings(TokenizerKind.BYTES), List.of());
    assertEquals(257, trained.vocabulary().size());
    try (Tokenizer tokenizer = load(trained)) {
      assertEquals(13, tokenizer.tokens("añ b\r\n 👩!").ids().length);
    }
  }

  /// The words of Sennrich et al. 2016, section 3.2, with blanks that byte-level words begin with.
  @Test
  void mergesTheMostFrequentPairFirst() {
    List<String> texts = new ArrayList<>();
    texts.addAll(Collections.nCopies(5, "low"));
    texts.addAll(Collections.nCopies(2, "lower"));
    texts.addAll(Collections.nCopies(6, "newest"));
    texts.addAll(Collections.nCopies(3, "widest"));
    Trained trained = train(TokenizerKind.BYTELEVEL, new Settings(257 + 5, 1, false), texts);
    // es and st occur 9 times, later ne, ew and w est 6 times: of equal ones the lower pair comes
    assertEquals(List.of("es", "est", "lo", "low", "ew"), trained.vocabulary().subList(257, 262));
  }

  @Test
  void overlappingPairsAreMergedFromTheLeft() {
    Trained trained =
        train(
            TokenizerKind.BYTELEVEL,
            new Settings(257 + 3, 1, false),
            Collections.nCopies(4, "aaaaa"));
    assertEquals(List.of("aa", "aaa", "aaaaa"), trained.vocabulary().subList(257, 260));
  }

  @Test
  void rareOnesStayApart() {
    Trained all =
        train(TokenizerKind.BYTELEVEL, new Settings(1000, 1, false), List.of("ab ab", "cd"));
    Trained frequent =
        train(TokenizerKind.BYTELEVEL, new Settings(1000, 2, false), List.of("ab ab", "cd"));
    assertTrue(all.vocabulary().contains("cd"));
    assertEquals(List.of("ab"), frequent.vocabulary().subList(257, 258));
    Trained words = train(TokenizerKind.WORDS, new Settings(0, 2, true), List.of("B a b c a", "b"));
    assertEquals(List.of("<eos>", "<unk>", "b", "a"), words.vocabulary());
  }

  @Test
  void byteLevelWordsAreThoseOfThePattern() {
    Random random = new Random(5);
    String characters = "ab' \t\nsretvmld12½é京. ,!\u00a0\u2003\u0301²Ⅷ'";
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        text.append(characters.charAt(random.nextInt(characters.length())));
      }
      List<String> expected = new ArrayList<>();
      var matcher = GPT2.matcher(text);
      while (matcher.find()) {
        expected.add(matcher.group());
      }
      List<String> words = new ArrayList<>();
      Splitters.of(TokenizerKind.BYTELEVEL, false)
          .split(text.toString(), (all, from, to) -> words.add(all.substring(from, to)));
      assertEquals(expected, words, () -> "'" + text + "'");
    }
  }

  /// With no token but the unknown one, Hugging Face's library makes one of each word.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void wordsOfWordPieceAreThoseOfTheLibrary(boolean lowercase) {
    Trained none = train(TokenizerKind.WORDPIECE, new Settings(6, 1, lowercase), List.of("\u0001"));
    Random random = new Random(6);
    String characters = "abÄé\u0301 \t\n'-.$^京한か٣½ß\u200d\u00ad\u3000İ—…";
    try (Tokenizer tokenizer = load(none)) {
      for (int round = 0; round < 2000; round++) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(10); i >= 0; i--) {
          text.append(characters.charAt(random.nextInt(characters.length())));
        }
        List<String> words = new ArrayList<>();
        Splitters.of(TokenizerKind.WORDPIECE, lowercase)
            .split(text.toString(), (all, from, to) -> words.add(all.substring(from, to)));
        int[] expected = tokenizer.tokens(text.toString()).ids();
        assertEquals(expected.length, words.size(), () -> "'" + text + "' as " + words);
      }
    }
  }

  @Test
  void wordPieceMarksWhatIsInsideOfAWord() {
    Trained trained =
        train(
            TokenizerKind.WORDPIECE, new Settings(40, 1, true), Collections.nCopies(3, "Hug hugs"));
    assertTrue(trained.vocabulary().containsAll(List.of("h", "##u", "##g", "##s", "hug", "hugs")));
    try (Tokenizer tokenizer = load(trained)) {
      int[] ids = tokenizer.tokens("HUGS").ids();
      assertArrayEquals(new int[] {trained.vocabulary().indexOf("hugs")}, ids);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertRefused(TokenizerKind.BYTELEVEL, new Settings(200, 1, false), "257 at least");
    assertRefused(TokenizerKind.WORDPIECE, new Settings(5, 1, false), "6 at least");
    assertRefused(TokenizerKind.WORDS, new Settings(2, 1, false), "3 at least");
    assertRefused(TokenizerKind.BYTELEVEL, new Settings(300, 1, true), "lowercase");
    assertThrows(InvalidInputException.class, () -> new Settings(-1, 1, false));
    assertThrows(InvalidInputException.class, () -> new Settings(0, 0, false));
  }

  private static void assertRefused(TokenizerKind kind, Settings settings, String why) {
    var problem =
        assertThrows(InvalidInputException.class, () -> new TokenizerTrainer(kind, settings));
    assertTrue(problem.getMessage().contains(why), problem.getMessage());
  }
}
