package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;

class MaskerTest {
  private static final int MASK = 4;
  private static final int VOCABULARY = 1000;
  private static final int[] ORDINARY = IntStream.range(5, VOCABULARY).toArray();
  private static final Masking WORDS = Masking.DEFAULT.withUnit(Masking.Unit.WHOLE_WORD);

  private static final Masking SPANS = Masking.DEFAULT.withUnit(Masking.Unit.SPAN);

  /// A line between two added tokens, of words of one to four tokens, one token in fifty special.
  private record Line(int[] ids, int[] words) {
    static Line of(int tokens, long seed) {
      var random = new SplittableRandom(seed);
      int[] ids = new int[tokens + 2];
      int[] words = new int[tokens + 2];
      words[0] = -1;
      words[tokens + 1] = -1;
      ids[0] = 2;
      ids[tokens + 1] = 3;
      for (int i = 1, word = 0; i <= tokens; i++) {
        ids[i] = random.nextInt(50) == 0 ? random.nextInt(5) : ORDINARY[random.nextInt(995)];
        word += random.nextInt(3) == 0 ? 1 : 0;
        words[i] = word;
      }
      return new Line(ids, words);
    }

    boolean maskable(int i) {
      return words[i] >= 0 && ids[i] >= 5;
    }

    long maskable() {
      return IntStream.range(0, ids.length).filter(this::maskable).count();
    }
  }

  private static MaskedLine mask(Masking settings, Line line, long seed) {
    return new Masker(settings, MASK, ORDINARY).mask(line.ids(), line.words(), seed);
  }

  @ParameterizedTest
  @CsvSource({
    "0.15,0.8,0.1,0.1,TOKEN",
    "0.15,0.8,0.1,0.1,WHOLE_WORD",
    "0.15,0.8,0.1,0.1,SPAN",
    "0.4,0.5,0.2,0.3,TOKEN",
    "0.4,0.5,0.2,0.3,SPAN"
  })
  void sharesAreThoseOfTheSettings(
      double probability, double masked, double random, double kept, Masking.Unit unit) {
    var settings = new Masking(probability, masked, random, kept, unit, 5);
    long[] counts = new long[4]; // maskable, mask token, other token, same token
    for (int seed = 0; seed < 4000; seed++) {
      Line line = Line.of(20 + seed % 60, seed);
      MaskedLine result = mask(settings, line, seed);
      counts[0] += line.maskable();
      for (int i = 0; i < result.targetPositions().length; i++) {
        int input = result.inputIds()[result.targetPositions()[i]];
        counts[input == MASK ? 1 : input == result.targetLabels()[i] ? 3 : 2]++;
      }
    }
    double targets = counts[1] + counts[2] + counts[3];
    assertEquals(probability, targets / counts[0], 0.02 * probability);
    double tolerance = unit == Masking.Unit.SPAN ? 0.025 : 0.01; // spans are few
    assertEquals(masked, counts[1] / targets, tolerance);
    assertEquals(random, counts[2] / targets, tolerance);
    assertEquals(kept, counts[3] / targets, tolerance);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 13, 16, 25, 33, 500})
  void targetsAreOrdinaryTokensAndTheRestStaysAsItIs(int tokens) {
    for (long seed = 0; seed < 200; seed++) {
      for (Masking settings : new Masking[] {Masking.DEFAULT, WORDS, SPANS}) {
        Line line = Line.of(tokens, seed);
        MaskedLine result = mask(settings, line, seed);
        int[] positions = result.targetPositions();
        assertEquals(line.maskable() > 0, positions.length > 0);
        assertArrayEquals(Arrays.stream(positions).sorted().distinct().toArray(), positions);
        int[] restored = result.inputIds().clone();
        for (int i = 0; i < positions.length; i++) {
          assertTrue(line.maskable(positions[i]));
          assertTrue(restored[positions[i]] == MASK || restored[positions[i]] >= 5);
          restored[positions[i]] = result.targetLabels()[i];
        }
        assertArrayEquals(line.ids(), restored);
      }
    }
  }

  @Test
  void wholeWordsAreChosenTogether() {
    for (long seed = 0; seed < 500; seed++) {
      Line line = Line.of(40, seed);
      int[] positions = mask(WORDS, line, seed).targetPositions();
      for (int position : positions) {
        int word = line.words()[position];
        IntStream.range(0, line.ids().length)
            .filter(i -> line.words()[i] == word && line.maskable(i))
            .forEach(i -> assertTrue(Arrays.binarySearch(positions, i) >= 0));
      }
    }
  }

  @Test
  void spansHaveGeometricLengthsAndStartWithWords() {
    // one span of one kind at a time: mask all of it, in a line of single-token words
    int tokens = 400;
    int[] ids = IntStream.generate(() -> 7).limit(tokens).toArray();
    int[] words = IntStream.range(0, tokens).toArray();
    var settings = new Masking(0.02, 1, 0, 0, Masking.Unit.SPAN, 5);
    long[] lengths = new long[12];
    long spans = 0;
    for (int seed = 0; seed < 20_000; seed++) {
      int[] positions =
          new Masker(settings, MASK, ORDINARY).mask(ids, words, seed).targetPositions();
      assertEquals(8, positions.length); // 2 % of 400, exactly
      int run = 1;
      for (int i = 1; i <= positions.length; i++) {
        if (i < positions.length && positions[i] == positions[i - 1] + 1) {
          run++;
        } else {
          lengths[Math.min(11, run)]++;
          spans++;
          run = 1;
        }
      }
    }
    // budget 8 cuts lengths short: a span alone has 8, else it ends after 1 to 7 words
    double one = (double) lengths[1] / spans;
    double two = (double) lengths[2] / spans;
    assertTrue(one > 0.2 && one < 0.32, "share of single words " + one);
    assertTrue(two / one > 0.65 && two / one < 0.95, "ratio " + two / one);
    Line line = Line.of(60, 3);
    for (long seed = 0; seed < 300; seed++) {
      int[] positions = mask(SPANS.withProbability(0.1), line, seed).targetPositions();
      int first = positions[0];
      assertTrue(
          IntStream.range(0, first)
              .filter(line::maskable)
              .noneMatch(i -> line.words()[i] == line.words()[first]),
          "a span begins within a word");
    }
  }

  @Test
  void aSpanIsHiddenAsOne() {
    int[] ids = IntStream.generate(() -> 7).limit(40).toArray();
    int[] words = new int[40]; // one word
    var settings = new Masking(0.5, 0.5, 0, 0.5, Masking.Unit.SPAN, 3);
    for (long seed = 0; seed < 200; seed++) {
      MaskedLine line = new Masker(settings, MASK, ORDINARY).mask(ids, words, seed);
      assertEquals(20, line.targetPositions().length);
      assertEquals(
          1, Arrays.stream(line.targetPositions()).map(i -> line.inputIds()[i]).distinct().count());
    }
  }

  @Test
  void everyTokenIsChosenAsOftenAsAnother() {
    Line line = Line.of(40, 2);
    int[] counts = new int[42];
    for (long seed = 0; seed < 40_000; seed++) {
      Arrays.stream(mask(Masking.DEFAULT, line, seed).targetPositions()).forEach(i -> counts[i]++);
    }
    for (int i = 0; i < counts.length; i++) {
      assertEquals(line.maskable(i) ? 6000 : 0, counts[i], line.maskable(i) ? 400 : 0);
    }
  }

  @Test
  void theSeedAloneDecides() {
    Line line = Line.of(60, 1);
    MaskedLine first = mask(Masking.DEFAULT, line, 5);
    MaskedLine again = mask(Masking.DEFAULT, line, 5);
    assertArrayEquals(first.inputIds(), again.inputIds());
    assertArrayEquals(first.targetPositions(), again.targetPositions());
    int[] other = mask(Masking.DEFAULT, line, 6).targetPositions();
    assertFalse(Arrays.equals(first.targetPositions(), other));
  }

  @Test
  void linesWithoutOrdinaryTokensHaveNoTargets() {
    var masker = new Masker(Masking.DEFAULT, MASK, ORDINARY);
    assertEquals(
        0, masker.mask(new int[] {2, 1, 3}, new int[] {-1, 0, -1}, 1).targetLabels().length);
    assertEquals(0, masker.mask(new int[0], new int[0], 1).inputIds().length);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0.8,0.1,0.1",
    "1.1,0.8,0.1,0.1",
    "NaN,0.8,0.1,0.1",
    "0.15,0.8,0.1,0.2",
    "0.15,1.1,-0.1,0",
    "0.15,NaN,0.1,0.1"
  })
  void settingsThatCannotWorkAreRefused(
      double probability, double masked, double random, double kept) {
    var error =
        assertThrows(
            InvalidInputException.class,
            () -> new Masking(probability, masked, random, kept, Masking.Unit.TOKEN, 5));
    assertEquals(InvalidInputException.Kind.CONFIG, error.kind());
    assertTrue(error.key().startsWith("masking"));
  }

  @Test
  void tokenizersBringTheirMaskTokenOrAreRefused() {
    try (Tokenizer with = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
        Tokenizer without = Tokenizer.load(TokenizerCopies.resource("tokenizer_bytelevel"))) {
      var all = new Masking(1, 1, 0, 0, Masking.Unit.TOKEN, 5);
      MaskedLine masked =
          Masker.of(all, with).mask(with.encode("a b").ids(), with.encode("a b").wordIds(), 1);
      assertEquals("[CLS] [MASK] [MASK] [SEP]", with.decode(masked.inputIds(), false));
      var error =
          assertThrows(InvalidInputException.class, () -> Masker.of(Masking.DEFAULT, without));
      assertTrue(String.valueOf(error.getMessage()).contains("no mask token"));
    }
  }
}
