package org.mneme.data.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.text.Tokenizer;

/// The tasks of the folder `shared` beside the project; skipped where there is none.
class SharedTasksTest {
  private static TaskReader<SequenceExample> sequences(
      String task, String split, Target.Kind kind) {
    return TaskReader.sequences(TaskFiles.shared(task, split), TaskReading.DEFAULT, kind);
  }

  @ParameterizedTest
  @CsvSource({
    "cola,train,8551,2,false",
    "cola,dev,1043,2,false",
    "sst2,train,67349,2,false",
    "sst2,dev,872,2,false",
    "mrpc,train,3668,2,true",
    "mrpc,dev,408,2,true",
    "rte,train,2490,2,true",
    "rte,dev,277,2,true",
    "trec,train,5452,6,false",
    "trec,test,500,6,false",
    "banking77,train,10003,77,false",
    "banking77,test,3080,77,false",
    "xnli-en,train,1494,3,true",
    "xnli-de,dev,498,3,true",
    "xnli-es,test,498,3,true",
    "xnli-fr,train,1494,3,true",
    "xnli-hi,dev,498,3,true",
    "xnli-sw,test,498,3,true",
    "xnli-th,train,1494,3,true",
    "xnli-zh,dev,498,3,true"
  })
  void textsAndPairsHaveTheirRowsAndLabels(
      String task, String split, int rows, int labels, boolean pairs) {
    TaskReader<SequenceExample> reader = sequences(task, split, Target.Kind.LABEL);
    int[] counts = new int[2];
    reader.read(example -> {
      counts[0]++;
      counts[1] += example.pair() == null ? 0 : 1;
    });
    assertEquals(rows, counts[0]);
    assertEquals(pairs ? rows : 0, counts[1]);
    assertEquals(labels, LabelSet.of(reader).size());
  }

  @Test
  void scoresAreNumbersFromZeroToFive() {
    List<SequenceExample> train = sequences("stsb", "train", Target.Kind.SCORE).all();
    assertEquals(5749, train.size());
    assertEquals(1500, sequences("stsb", "dev", Target.Kind.SCORE).all().size());
    assertTrue(
        train.stream()
            .allMatch(one ->
                one.target() instanceof Target.Score score
                    && score.value() >= 0
                    && score.value() <= 5));
  }

  @Test
  void aMappedColumnGivesTheFinerLabels() {
    var columns = ColumnsConfig.of(null, null, "fine_label");
    var reader =
        TaskReader.sequences(
            TaskFiles.shared("trec", "train"),
            TaskReading.DEFAULT.withColumns(columns),
            Target.Kind.LABEL);
    LabelSet labels = LabelSet.of(reader);
    assertTrue(labels.size() > 40 && labels.index("NUM:dist").isPresent(), labels.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "wnut17,train,3394,62730,13", "wnut17,dev,1009,15733,0", "wnut17,test,1287,23394,0",
    "ud-ewt,train,12544,204577,17", "ud-ewt,dev,2001,25147,0", "ud-ewt,test,2077,25094,0"
  })
  void taggedTextsHaveTheirWords(String task, String split, int texts, int words, int tags) {
    var reader = TaskReader.tagged(TaskFiles.shared(task, split), TaskReading.DEFAULT);
    int[] counts = new int[2];
    reader.read(example -> {
      counts[0]++;
      counts[1] += example.words().size();
    });
    assertEquals(texts, counts[0]);
    assertEquals(words, counts[1]);
    if (tags > 0) {
      assertEquals(tags, LabelSet.of(reader).size());
    }
  }

  @ParameterizedTest
  @CsvSource({"train,3696,3696", "dev,440,0"})
  void everyAnswerComesBackFromTheWindowsThatHoldIt(String split, int questions, int answered) {
    var reader = TaskReader.questions(TaskFiles.shared("tydiqa-en", split), TaskReading.DEFAULT);
    try (Tokenizer tokenizer = TaskFiles.wordPiece()) {
      QuestionFeatures features = QuestionFeatures.of(reader, tokenizer, 384, 128);
      assertEquals(questions, features.examples());
      assertEquals(answered, features.answered());
      for (int example = 0; example < questions; example++) {
        QuestionExample question = features.example(example);
        if (!question.answers().isEmpty()) {
          assertAnswer(features, example, question.answers().getFirst());
        }
      }
    }
  }

  /// What comes back begins and ends with the tokens in which the answer does: it may be longer by
  /// the rest of a token.
  private static void assertAnswer(
      QuestionFeatures features, int example, QuestionExample.Answer answer) {
    QuestionExample question = features.example(example);
    String wanted = answer.text().replaceAll("^[\\s\\p{Cf}]+|\\s+$", "");
    int start = question.context().indexOf(wanted, answer.start());
    int end = start + wanted.length();
    boolean found = false;
    for (int i = 0; i < features.rowCount(example); i++) {
      int row = features.firstRow(example) + i;
      var spans = (TaskTargets.Spans) features.targets(new int[] {row}, features.length(row));
      int first = (int) spans.starts()[0];
      int last = (int) spans.ends()[0];
      if (last > 0) {
        found = true;
        int from = features.contextStart(row, first);
        int to = features.contextEnd(row, last);
        assertTrue(from <= start && start < features.contextEnd(row, first), question::question);
        assertTrue(features.contextStart(row, last) < end && end <= to, question::question);
        assertTrue(question.context().substring(from, to).contains(wanted), question::question);
      }
    }
    // Windows share 128 tokens: only a longer answer may lie in none of them as a whole.
    assertTrue(found || wanted.length() > 128, question::question);
  }

  @Test
  void everyWordOfLongTextsHasExactlyOneLabel() {
    var reader = TaskReader.tagged(TaskFiles.shared("wnut17", "dev"), TaskReading.DEFAULT);
    LabelSet labels =
        LabelSet.of(TaskReader.tagged(TaskFiles.shared("wnut17", "dev"), TaskReading.DEFAULT));
    try (Tokenizer tokenizer = TaskFiles.wordPiece()) {
      TaggedFeatures features = TaggedFeatures.of(reader, labels, tokenizer, 24, 8);
      int[][] seen = new int[features.examples()][];
      Arrays.setAll(seen, example -> new int[features.labels(example).length]);
      for (int row = 0; row < features.rows().size(); row++) {
        for (int word : features.words(row)) {
          seen[features.rows().example(row)][word]++;
        }
      }
      assertTrue(Arrays.stream(seen).flatMapToInt(IntStream::of).allMatch(count -> count == 1));
      assertTrue(features.rows().size() > features.examples());
    }
  }
}
