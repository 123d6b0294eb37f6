package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;

class LengthBatchesTest {
  private static final int TOKENS = 256;

  private static int[] lengths(int lines, long seed) {
    var random = new SplittableRandom(seed);
    return IntStream.generate(() -> 3 + (int) Math.abs(random.nextDouble() * random.nextInt(60)))
        .limit(lines)
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 13, 33, 1000, 5000})
  void everyEpochHasEveryLineOnceWithinTheBudget(int lines) {
    int[] lengths = lengths(lines, lines);
    var plan = new LengthBatches(lengths, TOKENS, 7);
    for (int epoch = 0; epoch < 3; epoch++) {
      check(lengths, epoch(plan, epoch));
    }
    check(lengths, plan.inOrder());
  }

  private static void check(int[] lengths, List<LineBatch> batches) {
    int[] seen =
        batches.stream().flatMapToInt(batch -> Arrays.stream(batch.lines())).sorted().toArray();
    assertArrayEquals(IntStream.range(0, lengths.length).toArray(), seen);
    for (LineBatch batch : batches) {
      int[] own = Arrays.stream(batch.lines()).map(line -> lengths[line]).toArray();
      assertEquals(batch.time(), Arrays.stream(own).max().orElseThrow());
      assertTrue(own.length * batch.time() <= TOKENS);
      assertEquals(batch.padded(), Arrays.stream(own).distinct().count() > 1);
    }
  }

  private static List<LineBatch> epoch(LengthBatches plan, long epoch) {
    int size = plan.batchesPerEpoch();
    return LongStream.range(epoch * size, (epoch + 1) * size).mapToObj(plan::batch).toList();
  }

  @Test
  void aBatchIsTheSameWhateverWasAskedBefore() {
    int[] lengths = lengths(2000, 1);
    var forward = new LengthBatches(lengths, TOKENS, 7);
    List<LineBatch> inTurn = new ArrayList<>();
    for (int epoch = 0; epoch < 3; epoch++) {
      inTurn.addAll(epoch(forward, epoch));
    }
    var jumping = new LengthBatches(lengths, TOKENS, 7);
    var random = new SplittableRandom(3);
    for (int i = 0; i < 200; i++) {
      int index = random.nextInt(inTurn.size());
      assertArrayEquals(inTurn.get(index).lines(), jumping.batch(index).lines());
    }
  }

  @Test
  void epochsAndSeedsDiffer() {
    int[] lengths = lengths(2000, 1);
    var plan = new LengthBatches(lengths, TOKENS, 7);
    var other = new LengthBatches(lengths, TOKENS, 8);
    assertFalse(sameLines(epoch(plan, 0), epoch(plan, 1)));
    assertFalse(sameLines(epoch(plan, 0), epoch(other, 0)));
    // The lines are dealt anew, too: not the same batches in another order.
    List<List<Integer>> first = sortedBatches(epoch(plan, 0));
    first.retainAll(sortedBatches(epoch(plan, 1)));
    assertTrue(first.size() < plan.batchesPerEpoch() / 4, first.size() + " batches are the same");
  }

  private static boolean sameLines(List<LineBatch> left, List<LineBatch> right) {
    return IntStream.range(0, left.size())
        .allMatch(i -> Arrays.equals(left.get(i).lines(), right.get(i).lines()));
  }

  private static List<List<Integer>> sortedBatches(List<LineBatch> batches) {
    return new ArrayList<>(
        batches.stream()
            .map(batch -> Arrays.stream(batch.lines()).sorted().boxed().toList())
            .toList());
  }

  @Test
  void mostBatchesNeedNoPadding() {
    int[] lengths = lengths(20_000, 5);
    var plan = new LengthBatches(lengths, TOKENS, 7);
    long padded = plan.inOrder().stream().filter(LineBatch::padded).count();
    assertTrue(padded * 10 < plan.batchesPerEpoch(), padded + " of " + plan.batchesPerEpoch());
    assertTrue(plan.paddingShare() < 0.01, "padding " + plan.paddingShare());
    assertTrue(plan.paddingShare() > 0);
    assertEquals(0, new LengthBatches(new int[] {4, 4, 4}, 8, 1).paddingShare());
  }

  @Test
  void linesThatDoNotFitAreRefused() {
    var error =
        assertThrows(InvalidInputException.class, () -> new LengthBatches(new int[] {3, 9}, 8, 1));
    assertEquals("tokensPerBatch", error.key());
    assertTrue(String.valueOf(error.getMessage()).contains("9 tokens"));
    assertThrows(InvalidInputException.class, () -> new LengthBatches(new int[0], 8, 1));
  }
}
