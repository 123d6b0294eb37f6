package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class TextTokensTest {
  private static final EncodingOptions PLAIN = EncodingOptions.DEFAULT.withoutSpecialTokens();

  /// Pieces that tokenizers treat in ways of their own.
  private static final String[] PIECES = {
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    "\u00a0",
    "\u3000",
    "\u0000",
    "\ufffd",
    "\u200b",
    "a",
    "the",
    "Unbelievable",
    "ÄÖÜ",
    "e\u0301",
    "\u0301",
    "\u4e2d\u6587",
    "\uD83D\uDE00",
    "don't",
    "...",
    "[MASK]",
    "[CLS]",
    "[mask]",
    "\u0130I",
    "ΣΑΣ",
    "x".repeat(120),
    "\uD800",
    "1,234.5",
    "\u2028"
  };

  /// So many of them, with blanks between some.
  static String text(SplittableRandom random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
      text.append(random.nextBoolean() ? " " : "");
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer_wordpiece", "tokenizer_bytelevel", "tokenizer_unigram"})
  void idsAndWordsAreThoseOfTheWholeEncoding(String name) {
    var random = new SplittableRandom(7);
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource(name))) {
      for (int i = 0; i < 3000; i++) {
        String text = text(random, random.nextInt(12));
        Encoding expected = tokenizer.encode(text, PLAIN);
        TextTokens found = tokenizer.tokens(text);
        assertArrayEquals(expected.ids(), found.ids(), () -> "of '" + text + "'");
        assertArrayEquals(expected.wordIds(), found.words(), () -> "of '" + text + "'");
      }
    }
  }

  @Test
  void wordsAreRememberedOnlyWhereBlanksPartThem() throws Exception {
    var json = JsonMapper.shared();
    String bert =
        "{'added_tokens': [{'content': '[MASK]'}], 'normalizer': {'type': 'BertNormalizer'},"
            + " 'pre_tokenizer': {'type': 'BertPreTokenizer'}, 'model': {'type': 'WordPiece'}}";
    assertTrue(WordCache.isExactFor(json.readTree(bert.replace('\'', '"'))));
    for (String[] change :
        new String[][] {
          {"[MASK]", "two words"},
          {"BertNormalizer", "NFC"},
          {"BertPreTokenizer", "ByteLevel"},
          {"WordPiece", "BPE"}
        }) {
      String other = bert.replace(change[0], change[1]).replace('\'', '"');
      assertFalse(WordCache.isExactFor(json.readTree(other)), other);
    }
  }

  @Test
  void theHashIsThatOfTheFile() {
    try (Tokenizer one = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
        Tokenizer other = Tokenizer.load(TokenizerCopies.resource("tokenizer_unigram"))) {
      assertEquals(64, one.hash().length());
      assertFalse(one.hash().equals(other.hash()));
    }
  }
}
