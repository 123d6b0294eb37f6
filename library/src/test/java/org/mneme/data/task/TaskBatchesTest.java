package org.mneme.data.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.text.Tokenizer;

class TaskBatchesTest {
  @TempDir private Path folder;

  private TaskBatches batches(int examples, int rows, long seed) {
    var file = new StringBuilder("text\tlabel\n");
    var random = new SplittableRandom(examples);
    for (int i = 0; i < examples; i++) {
      file.append("x ".repeat(1 + random.nextInt(30))).append('\t').append(i).append('\n');
    }
    var reader =
        TaskReader.sequences(
            TaskFiles.write(folder, "b.tsv", file.toString()),
            TaskReading.DEFAULT,
            Target.Kind.LABEL);
    try (Tokenizer tokenizer = TaskFiles.wordPiece()) {
      var features = SequenceFeatures.labelled(reader, LabelSet.of(reader), tokenizer, 64);
      return new TaskBatches(features, tokenizer.padId(), rows, seed);
    }
  }

  private static List<TaskBatch> epoch(TaskBatches batches, long epoch) {
    int size = batches.batchesPerEpoch();
    return LongStream.range(epoch * size, (epoch + 1) * size).mapToObj(batches::batch).toList();
  }

  private static int[] examples(Iterable<TaskBatch> batches) {
    List<TaskBatch> all = new ArrayList<>();
    batches.forEach(all::add);
    return all.stream().flatMapToInt(batch -> Arrays.stream(batch.examples())).toArray();
  }

  @ParameterizedTest
  @CsvSource({"1,4", "8,3", "33,33", "1000,7", "1203,8"})
  void everyEpochHasEveryExampleOnceWithItsTarget(int examples, int rows) {
    TaskBatches batches = batches(examples, rows, 5);
    assertEquals(Math.ceilDiv(examples, rows), batches.batchesPerEpoch());
    for (int epoch = 0; epoch < 3; epoch++) {
      List<TaskBatch> all = epoch(batches, epoch);
      assertArrayEquals(
          IntStream.range(0, examples).toArray(), Arrays.stream(examples(all)).sorted().toArray());
      for (TaskBatch batch : all) {
        assertTrue(batch.groups() <= rows);
        assertArrayEquals(
            Arrays.stream(batch.examples()).asLongStream().toArray(),
            ((TaskTargets.Labels) batch.targets()).labels());
      }
    }
    assertArrayEquals(IntStream.range(0, examples).toArray(), examples(batches.inOrder()));
  }

  @Test
  void aBatchIsTheSameWhateverWasAskedBefore() {
    TaskBatches forward = batches(500, 4, 7);
    List<TaskBatch> inTurn = new ArrayList<>(epoch(forward, 0));
    inTurn.addAll(epoch(forward, 1));
    TaskBatches jumping = batches(500, 4, 7);
    for (int index : new int[] {249, 3, 124, 125, 0}) {
      assertArrayEquals(inTurn.get(index).rows(), jumping.batch(index).rows());
      assertArrayEquals(
          inTurn.get(index).tokens().inputIds(), jumping.batch(index).tokens().inputIds());
    }
    assertFalse(Arrays.equals(examples(epoch(forward, 0)), examples(epoch(forward, 1))));
    assertFalse(Arrays.equals(examples(epoch(forward, 0)), examples(epoch(batches(500, 4, 8), 0))));
  }

  @Test
  void similarLengthsStandTogether() {
    List<TaskBatch> all = epoch(batches(1600, 16, 3), 0);
    long places = all.stream().mapToLong(batch -> batch.tokens().inputIds().length).sum();
    long tokens =
        all.stream().mapToLong(batch -> Arrays.stream(batch.tokens().attentionMask()).sum()).sum();
    assertTrue(tokens > 0.95 * places, tokens + " of " + places);
  }

  @Test
  void partsOfABatchAreTheWhole() {
    TaskBatch batch = batches(20, 10, 3).batch(0);
    TaskBatch first = batch.groups(0, 4);
    TaskBatch second = batch.groups(4, 10);
    assertEquals(4, first.tokens().batch());
    assertArrayEquals(
        batch.tokens().inputIds(),
        LongStream.concat(
                Arrays.stream(first.tokens().inputIds()), Arrays.stream(second.tokens().inputIds()))
            .toArray());
    assertArrayEquals(Arrays.copyOfRange(batch.examples(), 4, 10), second.examples());
    assertArrayEquals(
        Arrays.stream(second.examples()).asLongStream().toArray(),
        ((TaskTargets.Labels) second.targets()).labels());
  }
}
