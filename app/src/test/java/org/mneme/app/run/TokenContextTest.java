package org.mneme.app.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mneme.app.TinyFolder;
import org.mneme.text.Tokenizer;

class TokenContextTest {
  private static final String LONG =
      "The cat sits under the tree and runs, near the river; the dog sleeps";

  @Test
  void tokensStandAsInTheText() {
    try (Tokenizer tokenizer = Tokenizer.load(TinyFolder.resources())) {
      // the first text is unknown to the tokenizer: lines and texts do not have the same numbers
      TextSet set = TextSet.of(tokenizer, List.of("\u4e00", "Dog", LONG), 12);
      assertEquals(2, set.lines().size());
      assertEquals(new TokenContext("", "[CLS]", "Dog"), TokenContext.of(set, 0, 0));
      assertEquals(new TokenContext("", "Dog", ""), TokenContext.of(set, 0, 1));
      assertEquals(new TokenContext("Dog", "[SEP]", ""), TokenContext.of(set, 0, 2));
      assertEquals(
          new TokenContext("", "The", " cat sits under the tree…"), TokenContext.of(set, 1, 1));
      assertEquals(
          new TokenContext("The cat sits under the ", "tree", " and runs, near…"),
          TokenContext.of(set, 1, 6));
      assertEquals(
          new TokenContext("…sits under the tree and ", "runs", ", near…"),
          TokenContext.of(set, 1, 8));
      assertEquals(
          new TokenContext("…tree and runs, near", "[SEP]", ""), TokenContext.of(set, 1, 11));
    }
  }
}
