package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.text.EncodingOptions.Padding;
import org.mneme.text.EncodingOptions.Truncation;

/// Cutting and filling up agree with the native library, which does both as state of a tokenizer.
class ShapingTest {
  private static final List<String> TEXTS =
      List.of("", "a", "the first of two texts", "memory 1 2 3 \uD83D\uDE00", "x y z ".repeat(9));

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer_wordpiece", "tokenizer_unigram", "tokenizer_bytelevel"})
  void cutAsTheNativeLibraryCuts(String name) throws IOException {
    Path folder = TokenizerCopies.resource(name);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (Truncation rule : Truncation.values()) {
        for (int limit : new int[] {5, 6, 7, 8, 13, 16, 25, 200}) {
          EncodingOptions options =
              EncodingOptions.DEFAULT.withTruncation(rule).withMaxLength(limit);
          try (var oracle = oracle(folder, rule.name(), limit)) {
            compareAll(tokenizer, oracle, options);
          }
        }
      }
    }
  }

  private static void compareAll(
      Tokenizer tokenizer, HuggingFaceTokenizer oracle, EncodingOptions options) {
    for (String first : TEXTS) {
      if (options.truncation() == Truncation.LONGEST_FIRST) {
        assertSame(oracle.encode(first), tokenizer.encode(first, options));
      }
      for (String second : TEXTS) {
        ai.djl.huggingface.tokenizers.Encoding expected;
        try {
          expected = oracle.encode(first, second);
        } catch (RuntimeException e) {
          var error =
              assertThrows(
                  InvalidInputException.class, () -> tokenizer.encodePair(first, second, options));
          assertTrue(
              String.valueOf(error.getMessage()).startsWith("maxLength: "), error.getMessage());
          continue;
        }
        assertSame(expected, tokenizer.encodePair(first, second, options));
      }
    }
  }

  private static HuggingFaceTokenizer oracle(Path folder, String rule, int limit)
      throws IOException {
    return HuggingFaceTokenizer.newInstance(
        folder.resolve("tokenizer.json"),
        Map.of("truncation", rule, "maxLength", "" + limit, "padding", "false"));
  }

  private static void assertSame(ai.djl.huggingface.tokenizers.Encoding expected, Encoding actual) {
    assertArrayEquals(expected.getIds(), longs(actual.ids()));
    assertArrayEquals(expected.getTypeIds(), longs(actual.typeIds()));
    assertArrayEquals(expected.getWordIds(), longs(actual.wordIds()));
    assertArrayEquals(expected.getSequenceIds(), longs(actual.sequenceIds()));
    assertArrayEquals(expected.getSpecialTokenMask(), longs(actual.specialTokensMask()));
  }

  @Test
  void whatTheFileStoresAboutLengthsDoesNotCount(@TempDir Path folder) throws IOException {
    Path file = TokenizerCopies.copy("tokenizer_wordpiece", folder);
    String json = Files.readString(file);
    String stored =
        json.replaceFirst(
                "\"truncation\": *null",
                """
                "truncation": {"direction": "Left", "max_length": 4,
                  "strategy": "LongestFirst", "stride": 0}\
                """)
            .replaceFirst(
                "\"padding\": *null",
                """
                "padding": {"strategy": {"Fixed": 9}, "direction": "Left",
                  "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 1,
                  "pad_token": "[PAD]"}\
                """);
    Files.writeString(file, stored);
    String text = "a b c d e f g";
    try (Tokenizer own = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
        Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertArrayEquals(own.encode(text).ids(), tokenizer.encode(text).ids());
      assertEquals(2, tokenizer.encode("").size());
      // The sides do count: the end of the text stays, the filling stands in front.
      EncodingOptions four = EncodingOptions.DEFAULT.withMaxLength(4);
      assertEquals("[CLS] f g [SEP]", tokenizer.decode(tokenizer.encode(text, four).ids(), false));
      Encoding filled = tokenizer.encode("a", four.withPadding(Padding.MAX_LENGTH));
      assertEquals(List.of("[PAD]", "[CLS]", "a", "[SEP]"), filled.tokens());
      assertArrayEquals(new int[] {1, 0, 0, 0}, filled.typeIds());
    }
  }

  @Test
  void fillsUpToTheLongestOrToALength() {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"))) {
      EncodingOptions longest = EncodingOptions.DEFAULT.withPadding(Padding.LONGEST);
      List<Encoding> batch = tokenizer.encodeAll(List.of("a", "a b c", ""), longest);
      Encoding first = batch.getFirst();
      assertEquals(List.of("[CLS]", "a", "[SEP]", "[PAD]", "[PAD]"), first.tokens());
      assertArrayEquals(new int[] {1, 1, 1, 0, 0}, first.attentionMask());
      assertArrayEquals(new int[] {1, 0, 1, 1, 1}, first.specialTokensMask());
      assertArrayEquals(new int[] {-1, 0, -1, -1, -1}, first.wordIds());
      assertArrayEquals(new int[] {-1, 0, -1, -1, -1}, first.sequenceIds());
      assertArrayEquals(new int[] {0, 1, 0, 0, 0}, first.charOffsets("a").ends());
      assertEquals(5, batch.getLast().size());
      assertEquals(8, tokenizer.encode("a b c", longest.withMultipleOf(8)).size());
      EncodingOptions seven =
          EncodingOptions.DEFAULT.withMaxLength(7).withPadding(Padding.MAX_LENGTH);
      assertEquals(7, tokenizer.encode("a", seven).size());
      assertEquals(7, tokenizer.encode("a ".repeat(20), seven).size());
      assertEquals(8, tokenizer.encode("a", seven.withMultipleOf(4)).size());
      assertEquals(List.of(), tokenizer.encodeAll(List.of(), longest));
    }
  }

  @Test
  void lengthsThatCannotWorkAreRefused() {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"))) {
      EncodingOptions one = EncodingOptions.DEFAULT.withMaxLength(1);
      assertThrows(InvalidInputException.class, () -> tokenizer.encode("a b", one));
      assertEquals(2, tokenizer.encode("a b", EncodingOptions.DEFAULT.withMaxLength(2)).size());
    }
    assertThrows(InvalidInputException.class, () -> EncodingOptions.DEFAULT.withMaxLength(0));
    assertThrows(InvalidInputException.class, () -> EncodingOptions.DEFAULT.withMultipleOf(0));
    assertThrows(
        InvalidInputException.class, () -> EncodingOptions.DEFAULT.withPadding(Padding.MAX_LENGTH));
  }

  private static long[] longs(int[] values) {
    return Arrays.stream(values).asLongStream().toArray();
  }
}
