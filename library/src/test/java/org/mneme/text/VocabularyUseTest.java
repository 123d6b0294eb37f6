package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import org.junit.jupiter.api.Test;

class VocabularyUseTest {
  @Test
  void tokensAreCounted() {
    VocabularyUse use = new VocabularyUse(6);
    use.add(new int[] {1, 1, 4});
    VocabularyUse more = new VocabularyUse(6);
    more.add(new int[] {5, 1});
    use.add(more);
    assertEquals(5, use.tokens());
    assertEquals(3, use.count(1));
    assertEquals(0, use.count(0));
    assertEquals(BitSet.valueOf(new long[] {0b110010}), use.used());
    assertEquals(6, use.vocabulary());
  }

  @Test
  void theMostFrequentComeFirst() {
    VocabularyUse use = new VocabularyUse(9);
    use.add(new int[] {3, 3, 3, 3, 8, 8, 0, 3, 8, 2});
    assertArrayEquals(new double[] {0, 0.5, 0.8, 0.9, 1}, use.coverage(), 1e-12);
    assertArrayEquals(new double[] {1}, new VocabularyUse(2).coverage());
  }

  @Test
  void idsOfAnotherVocabularyAreRefused() {
    VocabularyUse use = new VocabularyUse(2);
    assertThrows(IndexOutOfBoundsException.class, () -> use.add(new int[] {2}));
    assertThrows(IndexOutOfBoundsException.class, () -> use.add(new int[] {-1}));
    assertThrows(IllegalArgumentException.class, () -> use.add(new VocabularyUse(3)));
  }
}
