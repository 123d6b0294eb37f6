package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mneme.TinyModel;

class CausalBatchesTest {
  @Test
  void everyTokenOfARowButItsFirstIsATarget() {
    List<int[]> rows =
        List.of(new int[] {5, 6, 7}, new int[] {8}, new int[] {}, new int[] {9, 10, 11, 12});
    MaskedBatch batch = CausalBatches.nextTokens(rows, 0);
    assertArrayEquals(new long[] {0, 1, 12, 13, 14}, batch.targetPositions());
    assertArrayEquals(new long[] {6, 7, 10, 11, 12}, batch.targetLabels());
    assertEquals(8, batch.tokens());
    assertEquals(4, batch.time());
    assertTrue(batch.padded());
  }

  @Test
  void aTokenThatLooksLikePaddingIsATargetToo() {
    MaskedBatch batch = CausalBatches.nextTokens(List.of(new int[] {5, 0, 0, 7}), 0);
    assertArrayEquals(new long[] {0, 0, 7}, batch.targetLabels());
  }

  @Test
  void nothingToReadIsNothingToGuess() {
    assertEquals(0, CausalBatches.nextTokens(List.of(), 0).targets());
    assertEquals(0, CausalBatches.nextTokens(List.of(new int[] {4}), 0).targets());
  }

  @Test
  void batchesAreTheSameForTheSameIndexAndEvaluationHasEveryLineOnce() {
    CausalBatches batches = TinyModel.nextTokens(30, 60, 3);
    assertArrayEquals(batches.batch(7).inputIds(), batches.batch(7).inputIds());
    List<MaskedBatch> all = new ArrayList<>();
    batches.inOrder().forEach(all::add);
    assertEquals(batches.batchesPerEpoch(), all.size());
    assertEquals(30, all.stream().mapToInt(MaskedBatch::batch).sum());
    for (MaskedBatch batch : all) {
      assertEquals(batch.tokens() - batch.batch(), batch.targets());
    }
  }
}
