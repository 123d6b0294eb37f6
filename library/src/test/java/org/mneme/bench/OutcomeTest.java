package org.mneme.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final int HEAD = Sizes.SLOTS_PER_HEAD;

  @Test
  void theLargestDifferenceOfEachResultIsFound() {
    Outcome ours = new Outcome(Map.of("output", floats(1, 2, 3), "own", floats(9)), new int[0]);
    Outcome peer = new Outcome(Map.of("output", floats(1, 1.5f, 3.25f)), new int[0]);
    assertEquals(Map.of("output", 0.5), ours.differences(peer));
    assertEquals(0.5, ours.largestDifference(peer));
  }

  @Test
  void notANumberIsNoSmallDifference() {
    Outcome ours = new Outcome(Map.of("output", floats(1, Float.NaN, 3)), new int[0]);
    Outcome peer = new Outcome(Map.of("output", floats(1, 2, 4)), new int[0]);
    assertTrue(Double.isNaN(ours.largestDifference(peer)));
  }

  @Test
  void resultsOfOtherLengthsAreRefused() {
    Outcome ours = new Outcome(Map.of("output", floats(1, 2)), new int[0]);
    Outcome peer = new Outcome(Map.of("output", floats(1)), new int[0]);
    assertThrows(IllegalArgumentException.class, () -> ours.differences(peer));
  }

  @Test
  void weightsAreComparedBySlotWhateverTheirOrder() {
    int[] slots = IntStream.range(0, HEAD).toArray();
    int[] reversed = IntStream.range(0, HEAD).map(i -> HEAD - 1 - i).toArray();
    float[] weights = new float[HEAD];
    float[] turned = new float[HEAD];
    for (int i = 0; i < HEAD; i++) {
      weights[i] = i;
      turned[HEAD - 1 - i] = i;
    }
    Outcome ours = new Outcome(Map.of("weights", weights), slots);
    Outcome peer = new Outcome(Map.of("weights", turned), reversed);
    assertEquals(0, ours.largestDifference(peer));
    assertEquals(0, ours.otherSlots(peer));
    turned[0] += 0.25f;
    assertEquals(0.25, ours.largestDifference(peer));
  }

  @Test
  void slotsThatThePeerDoesNotReadAreCounted() {
    int[] slots = IntStream.range(0, 2 * HEAD).toArray();
    int[] others = slots.clone();
    others[3] = 1000;
    others[HEAD] = 0; // read by the other head only
    assertEquals(2, new Outcome(Map.of(), slots).otherSlots(new Outcome(Map.of(), others)));
  }

  @Test
  void tokensThatReadOtherSlotsCanBeLeftOut() {
    int[] slots = IntStream.range(0, 2 * Sizes.READS).toArray();
    int[] others = slots.clone();
    others[Sizes.READS] = 1000; // the second token's
    Outcome ours = new Outcome(Map.of("output", floats(1, 2, 5, 6)), slots);
    Outcome peer = new Outcome(Map.of("output", floats(1, 2.5f, 9, 6)), others);
    assertEquals(4, ours.largestDifference(peer));
    assertEquals(0.5, ours.differenceWhereReadsAgree(peer));
  }

  @Test
  void sampledRowsAreReadOnesAndOthers() {
    Sizes sizes = new Sizes(32, 8);
    int[] slots =
        new SplittableRandom(1)
            .ints(sizes.tokens() * Sizes.READS, 0, 512)
            .map(i -> 2 * i)
            .toArray();
    int[] rows = Outcome.sample(slots, sizes);
    assertEquals(rows.length, Arrays.stream(rows).distinct().count());
    assertEquals(64, Arrays.stream(rows).filter(row -> row % 2 == 1).count());
    assertTrue(Arrays.stream(rows).filter(row -> row % 2 == 0).count() > 64);
  }

  private static float[] floats(float... values) {
    return values;
  }
}
