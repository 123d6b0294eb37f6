package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;

class MaskedBatchesTest {
  private static final List<String> TEXTS =
      IntStream.range(0, 200).mapToObj(i -> "memory " + "slot ".repeat(i % 17) + i).toList();
  private static TokenizedLines lines;
  private static Masker masker;

  @BeforeAll
  static void tokenize() {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"))) {
      lines = TokenizedLines.of(tokenizer, TEXTS, 64);
      masker = Masker.of(Masking.DEFAULT, tokenizer);
    }
  }

  private static MaskedBatches batches(long seed) {
    return new MaskedBatches(lines, new LengthBatches(lines.lengths(), 512, 3), masker, 0, seed);
  }

  @Test
  void targetsRestoreTheLines() {
    var plan = new LengthBatches(lines.lengths(), 512, 3);
    for (long index = 0; index < 3L * plan.batchesPerEpoch(); index++) {
      MaskedBatch batch = batches(9).batch(index);
      long[] restored = batch.inputIds().clone();
      for (int i = 0; i < batch.targets(); i++) {
        restored[(int) batch.targetPositions()[i]] = batch.targetLabels()[i];
      }
      int[] rows = plan.batch(index).lines();
      assertEquals(rows.length, batch.batch());
      for (int row = 0; row < rows.length; row++) {
        assertRow(batch, restored, row, lines.ids(rows[row]));
      }
      assertEquals(plan.batch(index).padded(), batch.padded());
      assertEquals(batch.padded(), batch.tokens() < (long) batch.batch() * batch.time());
    }
  }

  private static void assertRow(MaskedBatch batch, long[] restored, int row, int[] ids) {
    for (int i = 0; i < batch.time(); i++) {
      int at = row * batch.time() + i;
      assertEquals(i < ids.length ? ids[i] : 0, restored[at]);
      assertEquals(i < ids.length ? 1 : 0, batch.attentionMask()[at]);
    }
  }

  @Test
  void aStepCanBeMadeAgain() {
    MaskedBatches first = batches(9);
    MaskedBatches again = batches(9);
    long far = 1_000_003;
    first.batch(0);
    assertArrayEquals(first.batch(far).inputIds(), again.batch(far).inputIds());
    assertArrayEquals(first.batch(far).targetPositions(), again.batch(far).targetPositions());
  }

  @Test
  void masksChangeFromEpochToEpochButNotInEvaluation() {
    List<MaskedBatch> once = all(batches(9).inOrder());
    List<MaskedBatch> twice = all(batches(9).inOrder());
    for (int i = 0; i < once.size(); i++) {
      assertArrayEquals(once.get(i).inputIds(), twice.get(i).inputIds());
      assertArrayEquals(once.get(i).targetPositions(), twice.get(i).targetPositions());
    }
    assertEquals(batches(9).batchesPerEpoch(), once.size());
    assertEquals(lines.tokens(), once.stream().mapToLong(MaskedBatch::tokens).sum());
    assertFalse(
        Arrays.equals(once.getFirst().inputIds(), all(batches(8).inOrder()).getFirst().inputIds()));
    // One line, one batch: only the mask can differ.
    var one =
        new TokenizedLines(
            new int[][] {lines.ids(16)}, new int[][] {lines.words(16)}, new int[1], 0);
    var steps = new MaskedBatches(one, new LengthBatches(one.lengths(), 512, 3), masker, 0, 9);
    assertTrue(
        IntStream.range(0, 20)
                .mapToObj(i -> Arrays.toString(steps.batch(i).targetPositions()))
                .distinct()
                .count()
            > 10);
  }

  private static List<MaskedBatch> all(Iterable<MaskedBatch> batches) {
    return StreamSupport.stream(batches.spliterator(), false).toList();
  }

  @Test
  void tokenBatchesArePaddedToTheLongest() {
    TokenBatch batch = TokenBatch.of(List.of(new int[] {5}, new int[] {6, 7}, new int[0]), 9);
    assertEquals(3, batch.batch());
    assertEquals(2, batch.time());
    assertArrayEquals(new long[] {5, 9, 6, 7, 9, 9}, batch.inputIds());
    assertArrayEquals(new long[] {1, 0, 1, 1, 0, 0}, batch.attentionMask());
    assertTrue(batch.padded());
    assertFalse(TokenBatch.of(List.of(new int[] {1, 2}, new int[] {3, 4}), 9).padded());
    assertEquals(0, TokenBatch.of(List.of(), 9).inputIds().length);
  }

  @Test
  void partsThatDoNotFitTogetherAreRefused() {
    long[] two = new long[2];
    assertThrows(
        IllegalArgumentException.class,
        () -> new MaskedBatch(1, 3, two, two, new long[0], new long[0], false));
    assertThrows(
        IllegalArgumentException.class,
        () -> new MaskedBatch(1, 2, two, two, new long[1], new long[0], false));
  }
}
