package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.text.training.TokenizerKind;
import org.mneme.text.training.TokenizerTrainer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class LongTextsTest {
  private static final Path FILE = Path.of("tokenizer.json");
  private static final String BYTE_LEVEL =
      "{'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true, 'use_regex': true}";

  private static String trained(TokenizerKind kind) {
    boolean sized = kind == TokenizerKind.BYTELEVEL || kind == TokenizerKind.WORDPIECE;
    var trainer =
        new TokenizerTrainer(kind, new TokenizerTrainer.Settings(sized ? 400 : 0, 1, false));
    trainer.add(TextTokensTest.text(new SplittableRandom(1), 400) + " was 12 or 345 days old");
    return trainer.train().files().getOrDefault("tokenizer.json", "");
  }

  private static JsonNode json(String text) {
    return JsonMapper.shared().readTree(text);
  }

  private static void assertPiecesAreTheWhole(String tokenizer) {
    assertTrue(LongTexts.isExactFor(json(tokenizer)));
    var random = new SplittableRandom(5);
    try (NativeTokenizer whole = NativeTokenizer.load(FILE, tokenizer)) {
      LongTexts pieces = new LongTexts(whole, json(tokenizer), 8);
      for (int i = 0; i < 500; i++) {
        StringBuilder text = new StringBuilder();
        for (int parts = random.nextInt(8); parts > 0; parts--) {
          text.append(TextTokensTest.text(random, 4));
          text.append(random.nextBoolean() ? "old 12 days\n345" : "Day\nold");
        }
        TextTokens expected = whole.tokens(text.toString());
        TextTokens found = pieces.tokens(text.toString());
        assertArrayEquals(expected.ids(), found.ids(), () -> "of '" + text + "'");
        assertArrayEquals(expected.words(), found.words(), () -> "of '" + text + "'");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "WORDPIECE", mode = EnumSource.Mode.EXCLUDE) // words are remembered
  void piecesHaveTheTokensOfTheWhole(TokenizerKind kind) {
    assertPiecesAreTheWhole(trained(kind));
  }

  @Test
  void digitsMayBeCutOffBefore() {
    String sequence =
        "{'type': 'Sequence', 'pretokenizers': [{'type': 'Digits', 'individual_digits': true}, %s]}"
            .formatted(BYTE_LEVEL);
    var tokenizer = (ObjectNode) json(trained(TokenizerKind.BYTELEVEL));
    tokenizer.set("pre_tokenizer", json(sequence.replace('\'', '"')));
    assertPiecesAreTheWhole(tokenizer.toString());
  }

  static List<String> patterns() {
    return List.of(TokenizerParts.LLAMA_3, TokenizerParts.QWEN_2);
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void wordsOfLlamasAndQwensEndThere(String pattern) {
    var tokenizer = (ObjectNode) json(trained(TokenizerKind.BYTELEVEL));
    ArrayNode parts =
        tokenizer.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    TokenizerParts.split(parts.addObject(), pattern);
    TokenizerParts.byteLevel(parts.addObject(), false, true, false);
    assertPiecesAreTheWhole(tokenizer.toString());
    ((ObjectNode) parts.get(0)).put("invert", true);
    assertFalse(LongTexts.isExactFor(tokenizer));
  }

  @Test
  void aLongTextIsReadInPieces() {
    String tokenizer = trained(TokenizerKind.CHARACTERS);
    try (NativeTokenizer whole = NativeTokenizer.load(FILE, tokenizer)) {
      String text = "day was old\n".repeat(20_000);
      assertArrayEquals(
          whole.tokens(text).ids(), new LongTexts(whole, json(tokenizer)).tokens(text).ids());
      assertEquals(0, new LongTexts(whole, json(tokenizer)).tokens("").ids().length);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'added_tokens': [{'content': 'two words'}], 'pre_tokenizer': BYTE_LEVEL",
        "'added_tokens': [{'content': '<mask>', 'lstrip': true}], 'pre_tokenizer': BYTE_LEVEL",
        "'normalizer': {'type': 'Prepend'}, 'pre_tokenizer': BYTE_LEVEL",
        "'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': true}",
        "'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': false, 'use_regex': false},"
            + " 'model': {'type': 'BPE', 'merges': ['a b']}",
        "'added_tokens': [{'content': 'word'}], 'pre_tokenizer': {'type': 'ByteLevel',"
            + " 'add_prefix_space': false, 'use_regex': false}, 'model': {'type': 'BPE', 'merges':"
            + " []}",
        "'pre_tokenizer': {'type': 'Metaspace'}",
        "'pre_tokenizer': {'type': 'Split', 'pattern': {'Regex': 'a'}}",
        "'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': [{'type': 'Metaspace'},"
            + " BYTE_LEVEL]}",
        "'pre_tokenizer': null"
      })
  void textsOfOtherTokenizersStayWhole(String tokenizer) {
    String text = "{" + tokenizer.replace("BYTE_LEVEL", BYTE_LEVEL).replace('\'', '"') + "}";
    assertFalse(LongTexts.isExactFor(json(text)));
  }

  @Test
  void byteLevelTokenizersAreCut() {
    assertTrue(
        LongTexts.isExactFor(
            json("{'pre_tokenizer': %s}".formatted(BYTE_LEVEL).replace('\'', '"'))));
  }
}
