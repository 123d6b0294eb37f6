package org.mneme.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;

class GrowingTextTest {
  private static final String TEXT =
      "The cat, who didn't see it, sat (on 3 mats) \uD83D\uDE00\uD83D\uDE00 und \u00fcber"
          + " Gr\u00fc\u00dfe \u732b\u304c\u3044\u308b. ";

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer_bytelevel", "tokenizer_unigram", "tokenizer_wordpiece"})
  void itIsAtEachTokenWhatAllTogetherDecodeTo(String name) {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource(name))) {
      int[] ids = tokenizer.tokens(TEXT.repeat(5)).ids();
      assertTrue(ids.length > 100);
      assertGrowsAsDecoded(tokenizer, ids);
      Random random = new Random(3);
      for (int round = 0; round < 20; round++) {
        assertGrowsAsDecoded(
            tokenizer, Arrays.stream(ids).map(id -> ids[random.nextInt(ids.length)]).toArray());
      }
    }
  }

  private static void assertGrowsAsDecoded(Tokenizer tokenizer, int[] ids) {
    GrowingText text = new GrowingText(tokenizer);
    for (int i = 0; i < ids.length; i++) {
      text.add(ids[i]);
      String whole = tokenizer.decode(Arrays.copyOf(ids, i + 1), true);
      assertEquals(whole, text.toString(), "token " + i);
      assertEquals(whole.length(), text.length());
    }
  }

  @Test
  void whatMayBeginAStopIsNotCertain() {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_bytelevel"))) {
      GrowingText text = new GrowingText(tokenizer);
      for (int id : tokenizer.tokens("one two").ids()) {
        text.add(id);
      }
      int length = text.length();
      assertEquals(length, text.certain(List.of()));
      assertEquals(length, text.certain(List.of("three", "two")));
      assertEquals(length - 3, text.certain(List.of("two three")));
      assertEquals(length - 4, text.certain(List.of("two three", " two four")));
      assertEquals(length - 4, text.certain(List.of(" two four", "two three")));
      assertEquals(length - 3, text.indexOf("two", 0));
      text.cut(length - 4);
      assertTrue(text.toString().endsWith("one"), text.toString());
    }
  }
}
