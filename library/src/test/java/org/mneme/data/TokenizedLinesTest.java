package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mneme.text.Encoding;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;

class TokenizedLinesTest {
  @Test
  void linesAreTheirTextsCutToTheLimit() {
    List<String> texts = IntStream.range(0, 500).mapToObj(i -> "word ".repeat(i % 9) + i).toList();
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"))) {
      TokenizedLines lines = TokenizedLines.of(tokenizer, texts, 12);
      assertEquals(500, lines.size());
      long tokens = 0;
      for (int i = 0; i < lines.size(); i++) {
        Encoding expected =
            tokenizer.encode(texts.get(i), EncodingOptions.DEFAULT.withMaxLength(12));
        assertArrayEquals(expected.ids(), lines.ids(i));
        assertArrayEquals(expected.wordIds(), lines.words(i));
        assertEquals(expected.size(), lines.lengths()[i]);
        tokens += expected.size();
      }
      assertEquals(tokens, lines.tokens());
    }
  }

  @Test
  void textsThatTeachNothingAreLeftOutAndCounted() {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"))) {
      TokenizedLines lines =
          TokenizedLines.of(tokenizer, List.of("", "a", "\uD55C\uAD6D\uC5B4", "[MASK]", "b"), 12);
      assertEquals(2, lines.size());
      assertEquals(3, lines.skipped());
      assertEquals(1, lines.textIndex(0));
      assertEquals(4, lines.textIndex(1));
    }
  }
}
