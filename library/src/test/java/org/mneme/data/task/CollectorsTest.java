package org.mneme.data.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.text.Tokenizer;

class CollectorsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 100})
  void goldLabelsOfTokensBecomeTheLabelsOfAllWords(int rows) {
    var random = new SplittableRandom(rows);
    var text = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      for (int word = 0; word <= random.nextInt(30); word++) {
        text.append("unbelievable\t").append("ABC".charAt(random.nextInt(3))).append('\n');
      }
      text.append('\n');
    }
    var source = TaskFiles.write(folder, "t.conll", text.toString());
    var reader = TaskReader.tagged(source, TaskReading.DEFAULT);
    try (Tokenizer tokenizer = TaskFiles.wordPiece()) {
      var features = TaggedFeatures.of(reader, LabelSet.of(reader), tokenizer, 24, 8);
      List<Integer> seen = new ArrayList<>();
      var collector =
          new TagCollector(
              features,
              (example, labels) -> {
                seen.add(example);
                assertArrayEquals(features.labels(example), labels);
              });
      for (TaskBatch batch : new TaskBatches(features, tokenizer.padId(), rows, 1).inOrder()) {
        var targets = (TaskTargets.TokenLabels) batch.targets();
        collector.add(batch, Arrays.stream(targets.labels()).mapToInt(Math::toIntExact).toArray());
      }
      assertEquals(20, seen.size());
      assertEquals(19, seen.getLast());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 50})
  void goldSpansBecomeTheAnswersOfAllQuestions(int rows) {
    var source = TaskFiles.write(folder, "q.jsonl", questions());
    var reader = TaskReader.questions(source, TaskReading.DEFAULT);
    try (Tokenizer tokenizer = TaskFiles.wordPiece()) {
      var features = QuestionFeatures.of(reader, tokenizer, 24, 8);
      List<String> answers = new ArrayList<>();
      var config = new AnswersConfig(true, 20, 30, 0);
      var collector =
          new AnswerCollector(features, config, (_, answer) -> answers.add(answer.text()));
      for (TaskBatch batch : new TaskBatches(features, tokenizer.padId(), rows, 1).inOrder()) {
        var spans = (TaskTargets.Spans) batch.targets();
        collector.add(batch, peaks(batch, spans.starts()), peaks(batch, spans.ends()));
      }
      assertEquals(List.of("Ada", "", "Berlin 42"), answers);
    }
  }

  private static String questions() {
    String before = "x ".repeat(40);
    String row = "{\"question\": \"who?\", \"context\": \"%s\", \"answers\": %s}\n";
    return row.formatted(before + "Ada " + before, "[{\"text\": \"Ada\", \"answer_start\": 80}]")
        + row.formatted(before, "[]")
        + row.formatted("Berlin 42", "[{\"text\": \"Berlin 42\", \"answer_start\": 0}]");
  }

  private static float[] peaks(TaskBatch batch, long[] places) {
    int time = batch.tokens().time();
    float[] scores = new float[batch.rows().length * time];
    for (int row = 0; row < places.length; row++) {
      scores[row * time + (int) places[row]] = 9;
    }
    return scores;
  }

  @Test
  void rowsOutOfOrderAreRefused() {
    var source = TaskFiles.write(folder, "o.conll", "a\tO\n\nb\tO\n");
    var reader = TaskReader.tagged(source, TaskReading.DEFAULT);
    try (Tokenizer tokenizer = TaskFiles.wordPiece()) {
      var features = TaggedFeatures.of(reader, LabelSet.of(reader), tokenizer, 24, 8);
      var collector = new TagCollector(features, (_, _) -> {});
      TaskBatch second =
          new TaskBatches(features, 0, 2, 1).inOrder().iterator().next().groups(1, 2);
      assertThrows(IllegalArgumentException.class, () -> collector.add(second, new int[99]));
    }
  }
}
