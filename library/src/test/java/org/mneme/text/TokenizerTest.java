package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;

class TokenizerTest {
  private static final String FAMILY = "\uD83D\uDC69\u200D\uD83D\uDC67";
  private static Tokenizer wordPiece;
  private static Tokenizer byteLevel;
  private static Tokenizer unigram;

  @BeforeAll
  static void load() {
    wordPiece = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
    byteLevel = Tokenizer.load(TokenizerCopies.resource("tokenizer_bytelevel"));
    unigram = Tokenizer.load(TokenizerCopies.resource("tokenizer_unigram"));
  }

  @AfterAll
  static void close() {
    List.of(wordPiece, byteLevel, unigram).forEach(Tokenizer::close);
  }

  @Test
  void theNativeLibraryIsToldToStayOffline() {
    assertEquals("true", System.getProperty("ai.djl.offline"));
    assertEquals("true", System.getProperty("OPT_OUT_TRACKING"));
    assertEquals("cpu", System.getProperty("RUST_FLAVOR"));
  }

  @Test
  void charOffsetsCutTheTokensOutOfTheString() {
    String text = FAMILY + " the end\uD83D\uDE00.";
    Encoding encoding = wordPiece.encode(text);
    Offsets chars = encoding.charOffsets(text);
    int end = encoding.size() - 2; // before [SEP]: the full stop
    assertEquals(".", text.substring(chars.starts()[end], chars.ends()[end]));
    assertEquals(text.length(), chars.ends()[end]);
    assertEquals(text.codePointCount(0, text.length()), encoding.offsets().ends()[end]);
    for (int i = 1; i < end; i++) {
      String token = encoding.tokens().get(i).replace("##", "");
      if (!token.equals("[UNK]")) {
        assertEquals(token, text.substring(chars.starts()[i], chars.ends()[i]));
      }
    }
  }

  @Test
  void charOffsetsOfPairsCountFromTheirOwnText() {
    Encoding pair = byteLevel.encodePair("\uD83D\uDE00a", "\uD83D\uDE00b", EncodingOptions.DEFAULT);
    Offsets chars = pair.charOffsets("\uD83D\uDE00a", "\uD83D\uDE00b");
    int last = pair.size() - 1;
    assertEquals(2, chars.starts()[last]);
    assertEquals(3, chars.ends()[last]);
    assertEquals(1, pair.sequenceIds()[last]);
  }

  @Test
  void offsetsOfAnotherTextAreRefused() {
    Encoding encoding = byteLevel.encode("a longer text");
    assertThrows(IllegalArgumentException.class, () -> encoding.charOffsets("a"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "\0", "\uD83D", "x\uDE00y", "\uDE00\uD83D", "e\u0301\u0323", "\uFFFF\u202E"})
  void anyStringCanBeEncoded(String text) {
    for (Tokenizer tokenizer : List.of(wordPiece, byteLevel, unigram)) {
      Encoding encoding = tokenizer.encode(text);
      encoding.charOffsets(text);
      assertEquals(encoding.size(), encoding.tokens().size());
    }
  }

  @Test
  void loneSurrogatesCountAsReplacementCharacters() {
    Encoding lone = byteLevel.encode("a\uD83Db\uDE00");
    assertArrayEquals(byteLevel.encode("a\uFFFDb\uFFFD").ids(), lone.ids());
    assertEquals("a\uFFFDb\uFFFD", byteLevel.decode(lone.ids(), true));
  }

  @Test
  void textsOfAMillionCharactersAreEncoded() {
    String text = "memory of slots ".repeat(62_500);
    Encoding encoding = byteLevel.encode(text);
    assertEquals(text, byteLevel.decode(encoding.ids(), true));
    assertEquals(100, byteLevel.encode(text, EncodingOptions.DEFAULT.withMaxLength(100)).size());
  }

  @Test
  void specialTokensCanBeLeftOut() {
    EncodingOptions plain = EncodingOptions.DEFAULT.withoutSpecialTokens();
    int[] with = wordPiece.encode("a b").ids();
    int[] without = wordPiece.encode("a b", plain).ids();
    assertArrayEquals(IntStream.of(with).skip(1).limit(with.length - 2L).toArray(), without);
    assertEquals("[CLS] a b [SEP]", wordPiece.decode(with, false));
    assertEquals("a b", wordPiece.decode(with, true));
  }

  @Test
  void idsOutsideTheVocabularyAreLeftOut() {
    int[] ids = byteLevel.encode("memory").ids();
    int[] more = IntStream.concat(IntStream.of(ids), IntStream.of(-1, 1 << 30)).toArray();
    assertEquals("memory", byteLevel.decode(more, true));
  }

  @Test
  void vocabulariesKnowTheirTokens() {
    Vocabulary vocabulary = wordPiece.vocabulary();
    assertEquals(1552, vocabulary.size());
    assertEquals(OptionalInt.of(4), vocabulary.id("[MASK]"));
    assertEquals(Optional.of("[MASK]"), vocabulary.token(4));
    assertEquals(OptionalInt.empty(), vocabulary.id("no such token"));
    assertEquals(Optional.empty(), vocabulary.token(-1));
    assertTrue(vocabulary.isSpecial(4));
    assertEquals(1552 - 5, vocabulary.ordinaryIds().length);
    assertEquals(5, vocabulary.ordinaryIds()[0]);
    assertEquals(6000, unigram.vocabulary().size());
    assertEquals(Optional.of("<s>"), unigram.vocabulary().token(0));
    assertEquals(1500, byteLevel.vocabulary().size());
  }

  @Test
  void specialTokensAreFoundUnderTheirUsualNames() {
    assertEquals(
        new SpecialTokens(id(0), id(1), id(2), id(3), id(4), id(2), id(3)),
        wordPiece.specialTokens());
    assertEquals(
        new SpecialTokens(id(1), id(3), id(0), id(2), OptionalInt.empty(), id(0), id(2)),
        unigram.specialTokens());
    OptionalInt none = OptionalInt.empty();
    assertEquals(
        new SpecialTokens(none, none, none, id(0), none, none, id(0)), byteLevel.specialTokens());
    assertEquals(0, byteLevel.padId());
    assertEquals(1, unigram.padId());
  }

  @Test
  void configurationsNameTheSpecialTokens(@TempDir Path folder) throws IOException {
    TokenizerCopies.copy("tokenizer_wordpiece", folder);
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"mask_token": {"content": "[UNK]", "special": true}, "pad_token": "[SEP]",
         "sep_token": null, "model_max_length": 512, "padding_side": "left"}
        """);
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"cls_token\": \"[PAD]\", \"pad_token\": \"[UNK]\"}");
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      SpecialTokens special = tokenizer.specialTokens();
      assertEquals(id(1), special.mask());
      assertEquals(id(3), special.pad());
      assertEquals(id(0), special.cls());
      assertEquals(OptionalInt.empty(), special.sep());
      assertEquals(id(512), tokenizer.modelMaxLength());
    }
    assertEquals(OptionalInt.empty(), wordPiece.modelMaxLength());
  }

  @Test
  void batchesAreWhatSingleTextsAre() {
    List<String> texts = IntStream.range(0, 300).mapToObj(i -> "text " + i + FAMILY).toList();
    List<Encoding> all = wordPiece.encodeAll(texts, EncodingOptions.DEFAULT);
    List<Encoding> pairs = wordPiece.encodePairs(texts, texts.reversed(), EncodingOptions.DEFAULT);
    for (int i = 0; i < texts.size(); i++) {
      assertArrayEquals(wordPiece.encode(texts.get(i)).ids(), all.get(i).ids());
      Encoding pair =
          wordPiece.encodePair(texts.get(i), texts.reversed().get(i), EncodingOptions.DEFAULT);
      assertArrayEquals(pair.ids(), pairs.get(i).ids());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> wordPiece.encodePairs(texts, List.of("one"), EncodingOptions.DEFAULT));
  }

  @Test
  void aClosedTokenizerSaysSo() {
    Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
    tokenizer.close();
    tokenizer.close();
    assertThrows(IllegalStateException.class, () -> tokenizer.encode("a"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"model\": {\"type\": \"BPE\"}}",
        "not json",
        "{\"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"vocab\": {\"a\": 0}}}",
        "{\"model\": {\"type\": \"Nothing\", \"vocab\": {\"a\": 0}}}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}, \"merges\": []}}",
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": \"b\"}, \"merges\": []}}"
      })
  void brokenFilesAreNamed(String json, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, json);
    assertNames(file, folder);
  }

  @Test
  void filesThatAreNotTextAreNamed(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    assertNames(file, folder);
    Files.write(file, new byte[] {'{', (byte) 0xFF, '}'});
    assertNames(file, file);
    TokenizerCopies.copy("tokenizer_wordpiece", folder);
    Path config = folder.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"mask_token\": ");
    assertNames(config, folder);
  }

  private static void assertNames(Path file, Path loaded) {
    var error = assertThrows(InvalidInputException.class, () -> Tokenizer.load(loaded));
    assertEquals(InvalidInputException.Kind.DATA, error.kind());
    assertEquals(file.toString(), error.key());
    assertTrue(String.valueOf(error.getMessage()).startsWith(file + ": "), error.getMessage());
  }

  private static OptionalInt id(int id) {
    return OptionalInt.of(id);
  }
}
