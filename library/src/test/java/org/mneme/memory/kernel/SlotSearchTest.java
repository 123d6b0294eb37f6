package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlotSearchTest {
  private static final int HEADS = 2;
  private static final int TOKENS = 3;
  private static final int UNTOUCHED = 0x7ead_beef;
  private static final int[] SIZES = {1, 2, 3, 7, 8, 13, 16, 31, 33, 64, 67, 100, 200, 512};
  private static final List<Supplier<SlotSearch>> TWINS =
      List.of(PlainSlotSearch::new, VectorSlotSearch::new);

  /// How scores are drawn.
  private enum Scores {
    SPREAD,
    STEPS,
    FEW,
    EQUAL,
    RISING,
    FALLING,
    CLOSE,
    ZEROS,
    TINY,
    HUGE,
    UNEVEN,
    INFINITE,
    HOLES,
    NO_NUMBERS;

    float draw(Random random, int i) {
      return switch (this) {
        case SPREAD -> (float) random.nextGaussian();
        case STEPS -> random.nextInt(-320, 320) / 64f;
        case FEW -> random.nextInt(3) / 4f;
        case EQUAL -> -0.5f;
        case RISING -> i / 1024f;
        case FALLING -> -i / 1024f;
        case CLOSE ->
            i % 5 == 0 ? random.nextInt(-192, 192) / 64f : 2 + random.nextInt(9) * 0x1p-22f;
        case ZEROS -> random.nextBoolean() ? 0f : -0f;
        case TINY -> random.nextInt(-40, 40) * Float.MIN_VALUE;
        case HUGE -> (random.nextFloat() - 0.3f) * Float.MAX_VALUE * 1.4f;
        case UNEVEN -> (float) Math.scalb(random.nextGaussian(), random.nextInt(-60, 60));
        case INFINITE -> of(random, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1, 2);
        case HOLES -> of(random, Float.NaN, Float.NEGATIVE_INFINITY, random.nextInt(9), 3);
        case NO_NUMBERS -> Float.NaN;
      };
    }

    private static float of(Random random, float... choices) {
      return choices[random.nextInt(choices.length)];
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 13, 16, 31, 33, 64, 100})
  void productSearchFindsTheSlotsOfBruteForce(int keys) {
    for (int k : List.of(1, 2, 5, 16, 32, 33, 64)) {
      for (Scores kind : List.of(Scores.STEPS, Scores.FEW, Scores.EQUAL, Scores.RISING)) {
        checkProduct(kind, keys, Math.min(k, keys));
      }
    }
  }

  @Test
  void productSearchFindsTheSlotsOfBruteForceAmongManyKeys() {
    checkProduct(Scores.STEPS, 512, 32);
  }

  @ParameterizedTest
  @EnumSource
  void productSearchFindsTheSumsOfBruteForceWhateverTheScores(Scores kind) {
    for (int keys : List.of(1, 13, 64, 100)) {
      for (int k : List.of(1, 9, 32)) {
        float[] scores = draw(kind, HEADS * 2 * TOKENS * keys, keys);
        int best = Math.min(k, keys);
        Found found = product(new VectorSlotSearch(), scores, TOKENS, keys, best);
        for (int query = 0; query < TOKENS * HEADS; query++) {
          float[] sums = sums(scores, query, keys);
          int[] expected = bruteForce(sums, best);
          int[] slots = found.slots(query, best);
          assertEquals(best, IntStream.of(slots).distinct().count());
          for (int i = 0; i < best; i++) {
            assertEquals(sums[slots[i]], found.sums()[query * best + i]);
            assertTrue(sums[expected[i]] == sums[slots[i]], "place " + i); // 0.0 equals -0.0
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void flatSearchFindsTheSlotsOfBruteForceWhateverTheScores(Scores kind) {
    for (int keys : SIZES) {
      for (int k : List.of(1, 3, 32, 100)) {
        int best = Math.min(k, keys);
        float[] scores = draw(kind, HEADS * TOKENS * keys, keys);
        for (Supplier<SlotSearch> twin : TWINS) {
          Found found = flat(twin.get(), scores, TOKENS, keys, best);
          for (int query = 0; query < TOKENS * HEADS; query++) {
            int row = query % HEADS * TOKENS + query / HEADS;
            float[] own = clean(Arrays.copyOfRange(scores, row * keys, (row + 1) * keys));
            int[] expected = bruteForce(own, best);
            assertArrayEquals(expected, found.slots(query, best));
            for (int i = 0; i < best; i++) {
              assertEquals(own[expected[i]], found.sums()[query * best + i]);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTwinsAgreeBitForBit(Scores kind) {
    for (int keys : SIZES) {
      for (int k = 1; k <= Math.min(keys, 64); k += keys < 100 ? 1 : 3) {
        agree(kind, keys, k);
      }
      agree(kind, keys, keys);
    }
  }

  @Test
  void theTwinsAgreeWhereMuchIsWanted() {
    for (Scores kind : Scores.values()) {
      agree(kind, 150, 100);
      agree(kind, 1100, 1000);
    }
  }

  @Test
  void theTwinsAgreeOnManyFlatKeys() {
    for (Scores kind : Scores.values()) {
      float[] scores = draw(kind, HEADS * 70_001, 70_001);
      assertSame(
          flat(new PlainSlotSearch(), scores, 1, 70_001, 32),
          flat(new VectorSlotSearch(), scores, 1, 70_001, 32));
    }
  }

  @Test
  void whatIsNotANumberCountsAsMinusInfinity() {
    float[] holes = draw(Scores.HOLES, HEADS * 2 * TOKENS * 100, 100);
    for (Supplier<SlotSearch> twin : TWINS) {
      assertSame(
          product(twin.get(), clean(holes.clone()), TOKENS, 100, 20),
          product(twin.get(), holes, TOKENS, 100, 20));
    }
  }

  @Test
  void noTokensAreNoWork() {
    for (Supplier<SlotSearch> twin : TWINS) {
      assertEquals(0, product(twin.get(), new float[0], 0, 16, 4).slots().length);
      assertEquals(0, flat(twin.get(), new float[0], 0, 16, 4).slots().length);
    }
  }

  @Test
  void blocksOfQueriesGiveWhatAllAtOnceGive() {
    int keys = 67;
    int k = 8;
    int tokens = 5;
    float[] scores = draw(Scores.SPREAD, HEADS * 2 * tokens * keys, keys);
    for (Supplier<SlotSearch> twin : TWINS) {
      Found whole = product(twin.get(), scores, tokens, keys, k);
      for (int size = 1; size < tokens * HEADS; size++) {
        int block = size;
        SlotSearch search = twin.get();
        assertSame(
            whole,
            run(
                scores,
                tokens,
                keys,
                k,
                task -> {
                  for (int from = 0; from < tokens * HEADS; from += block) {
                    search.product(task, from, Math.min(from + block, tokens * HEADS));
                  }
                }));
      }
    }
  }

  @Test
  void onlyTheQueriesAskedForAreWritten() {
    float[] scores = draw(Scores.SPREAD, HEADS * 2 * TOKENS * 33, 33);
    for (Supplier<SlotSearch> twin : TWINS) {
      Found found = run(scores, TOKENS, 33, 5, task -> twin.get().product(task, 1, 4));
      for (int i = 0; i < found.slots().length; i++) {
        assertEquals(i >= 5 && i < 20, found.slots()[i] != UNTOUCHED, "place " + i);
      }
    }
  }

  @Test
  void oneSearchServesDifferentTasks() {
    for (Supplier<SlotSearch> twin : TWINS) {
      SlotSearch search = twin.get();
      for (int keys : List.of(100, 13, 512, 33)) {
        for (int k : List.of(9, 2, 13)) {
          float[] scores = draw(Scores.SPREAD, HEADS * 2 * TOKENS * keys, keys);
          assertSame(
              product(twin.get(), scores, TOKENS, keys, k),
              product(search, scores, TOKENS, keys, k));
          assertSame(
              flat(twin.get(), scores, TOKENS, keys, k), flat(search, scores, TOKENS, keys, k));
        }
      }
    }
  }

  @Test
  void moreThanThereAreIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new SlotSearch.Task(0, 0, 0, 1, 1, 16, 17));
    assertThrows(IllegalArgumentException.class, () -> new SlotSearch.Task(0, 0, 0, 1, 1, 16, 0));
  }

  private static void checkProduct(Scores kind, int keys, int k) {
    float[] scores = draw(kind, HEADS * 2 * TOKENS * keys, keys);
    for (Supplier<SlotSearch> twin : TWINS) {
      Found found = product(twin.get(), scores, TOKENS, keys, k);
      for (int query = 0; query < TOKENS * HEADS; query++) {
        float[] sums = sums(scores, query, keys);
        int[] expected = bruteForce(sums, k);
        assertArrayEquals(expected, found.slots(query, k), () -> kind + " " + keys + " " + k);
        for (int i = 0; i < k; i++) {
          assertEquals(sums[expected[i]], found.sums()[query * k + i]);
        }
      }
    }
  }

  private static void agree(Scores kind, int keys, int k) {
    float[] scores = draw(kind, HEADS * 2 * TOKENS * keys, keys);
    assertSame(
        product(new PlainSlotSearch(), scores, TOKENS, keys, k),
        product(new VectorSlotSearch(), scores, TOKENS, keys, k));
  }

  private static float[] draw(Scores kind, int count, int keys) {
    Random random = new Random(31L * count + keys);
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = kind.draw(random, i % keys);
    }
    return scores;
  }

  /// All sums of a query.
  private static float[] sums(float[] scores, int query, int keys) {
    int left = (2 * (query % HEADS) * TOKENS + query / HEADS) * keys;
    int right = left + TOKENS * keys;
    float[] halves = clean(scores.clone());
    float[] sums = new float[keys * keys];
    for (int slot = 0; slot < sums.length; slot++) {
      sums[slot] = halves[left + slot / keys] + halves[right + slot % keys];
    }
    return clean(sums);
  }

  private static float[] clean(float[] scores) {
    for (int i = 0; i < scores.length; i++) {
      if (Float.isNaN(scores[i])) {
        scores[i] = Float.NEGATIVE_INFINITY;
      }
    }
    return scores;
  }

  private static int[] bruteForce(float[] scores, int k) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparing((Integer slot) -> 0f - scores[slot])) // stable
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private record Found(int[] slots, float[] sums) {
    int[] slots(int query, int k) {
      return Arrays.copyOfRange(slots, query * k, (query + 1) * k);
    }
  }

  private static void assertSame(Found expected, Found actual) {
    assertArrayEquals(expected.slots(), actual.slots());
    for (int i = 0; i < expected.sums().length; i++) {
      assertEquals(
          Float.floatToRawIntBits(expected.sums()[i]),
          Float.floatToRawIntBits(actual.sums()[i]),
          "place " + i);
    }
  }

  private static Found product(SlotSearch search, float[] scores, int tokens, int keys, int k) {
    return run(scores, tokens, keys, k, task -> search.product(task, 0, tokens * HEADS));
  }

  private static Found flat(SlotSearch search, float[] scores, int tokens, int keys, int k) {
    return run(scores, tokens, keys, k, task -> search.flat(task, 0, tokens * HEADS));
  }

  private interface Search {
    void run(SlotSearch.Task task);
  }

  /// Runs a search on native memory that has no byte to spare before and behind the results.
  private static Found run(float[] scores, int tokens, int keys, int k, Search search) {
    try (Arena arena = Arena.ofConfined()) {
      int count = tokens * HEADS * k;
      MemorySegment rows = arena.allocateFrom(ValueLayout.JAVA_FLOAT, scores);
      MemorySegment slots = arena.allocate(ValueLayout.JAVA_INT, count + 2L);
      MemorySegment sums = arena.allocate(ValueLayout.JAVA_INT, count + 2L);
      for (int i = 0; i < count + 2; i++) {
        slots.setAtIndex(ValueLayout.JAVA_INT, i, UNTOUCHED);
        sums.setAtIndex(ValueLayout.JAVA_INT, i, UNTOUCHED);
      }
      search.run(
          new SlotSearch.Task(
              rows.address(),
              slots.address() + Integer.BYTES,
              sums.address() + Float.BYTES,
              tokens,
              HEADS,
              keys,
              k));
      for (MemorySegment written : List.of(slots, sums)) {
        assertEquals(UNTOUCHED, written.getAtIndex(ValueLayout.JAVA_INT, 0));
        assertEquals(UNTOUCHED, written.getAtIndex(ValueLayout.JAVA_INT, count + 1L));
      }
      return new Found(
          slots.asSlice(Integer.BYTES, (long) count * Integer.BYTES).toArray(ValueLayout.JAVA_INT),
          sums.asSlice(Float.BYTES, (long) count * Float.BYTES).toArray(ValueLayout.JAVA_FLOAT));
    }
  }
}
