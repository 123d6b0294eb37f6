package org.mneme.data.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.data.SourceConfig;
import org.mneme.text.Tokenizer;

class TaskFeaturesTest {
  private static final int CLS = 2;
  private static final int SEP = 3;
  private static Tokenizer tokenizer;

  @TempDir private Path folder;

  @BeforeAll
  static void load() {
    tokenizer = TaskFiles.wordPiece();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private static String words(SplittableRandom random, int most) {
    return IntStream.rangeClosed(0, random.nextInt(most))
        .mapToObj(_ -> List.of("house", "the", "unbelievable", "42", "x").get(random.nextInt(5)))
        .collect(Collectors.joining(" "));
  }

  private static List<Integer> ids(String text) {
    return Arrays.stream(tokenizer.tokens(text).ids())
        .boxed()
        .collect(Collectors.toCollection(ArrayList::new));
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 8, 13, 33})
  void pairsLoseTheLastTokenOfTheLongerTextUntilTheyFit(int maxLength) {
    var random = new SplittableRandom(maxLength);
    List<List<String>> pairs = new ArrayList<>();
    var file = new StringBuilder("sentence1\tsentence2\tlabel\n");
    for (int i = 0; i < 200; i++) {
      pairs.add(List.of(words(random, 20), words(random, 20)));
      file.append(String.join("\t", pairs.getLast())).append("\t").append(i % 3).append('\n');
    }
    var reader =
        TaskReader.sequences(
            TaskFiles.write(folder, "p.tsv", file.toString()),
            TaskReading.DEFAULT,
            Target.Kind.LABEL);
    var features = SequenceFeatures.labelled(reader, LabelSet.of(reader), tokenizer, maxLength);
    for (int i = 0; i < pairs.size(); i++) {
      List<Integer> first = ids(pairs.get(i).getFirst());
      List<Integer> second = ids(pairs.get(i).getLast());
      int[] expected = bruteForce(first, second, maxLength);
      assertArrayEquals(expected, features.rows().ids(i));
      long[] types = features.rows().typeIds(new int[] {i}, expected.length + 2);
      for (int t = 0; t < types.length; t++) {
        assertEquals(t >= first.size() + 2 && t < expected.length ? 1 : 0, types[t]);
      }
      var labels = (TaskTargets.Labels) features.targets(new int[] {i}, expected.length);
      assertArrayEquals(new long[] {i % 3}, labels.labels());
    }
  }

  /// Token by token from the longer text; of equal ones the library spares the second.
  private static int[] bruteForce(List<Integer> first, List<Integer> second, int maxLength) {
    int shorterIs = first.size() > second.size() ? 1 : 0;
    while (first.size() + second.size() + 3 > maxLength) {
      if (first.size() == second.size()) {
        (shorterIs == 0 ? first : second).removeLast();
      } else {
        (first.size() > second.size() ? first : second).removeLast();
      }
    }
    List<Integer> row = new ArrayList<>(List.of(CLS));
    row.addAll(first);
    row.add(SEP);
    row.addAll(second);
    row.add(SEP);
    return row.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void targetsOfAllKindsComeAsPlainArrays() {
    String text =
        "{\"text\":\"a\",\"labels\":[\"y\",\"x\"]}\n"
            + "{\"text\":\"b\",\"labels\":[]}\n"
            + "{\"text\":\"c\"}\n";
    var reader =
        TaskReader.sequences(
            TaskFiles.write(folder, "m.jsonl", text),
            TaskReading.DEFAULT.unlabelled(),
            Target.Kind.LABELS);
    var sets = SequenceFeatures.multiLabelled(reader, LabelSet.of(reader), tokenizer, 8);
    var indicators = (TaskTargets.LabelSets) sets.targets(new int[] {0, 1, 2}, 8);
    assertArrayEquals(new float[] {1, 1, 0, 0, Float.NaN, Float.NaN}, indicators.indicators());
    var numbers =
        TaskReader.sequences(
            TaskFiles.write(folder, "s.tsv", "text\tscore\na\t2.5\nb\t-1e1\n"),
            TaskReading.DEFAULT,
            Target.Kind.SCORE);
    var scores = SequenceFeatures.scored(numbers, tokenizer, 8).targets(new int[] {1, 0}, 8);
    assertArrayEquals(new float[] {-10, 2.5f}, ((TaskTargets.Scores) scores).scores());
  }

  @ParameterizedTest
  @CsvSource({"6,0", "7,3", "12,4", "12,9", "64,16"})
  void everyWordOfATaggedTextHasItsLabelOnceAtItsFirstToken(int maxLength, int stride) {
    var random = new SplittableRandom(maxLength);
    var file = new StringBuilder();
    List<List<String>> texts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      List<String> words = List.of(words(random, 40).replace("42", "\u200B").split(" "));
      texts.add(words);
      for (String word : words) {
        file.append(word).append('\t').append(word.equals("\u200B") ? "O" : word).append('\n');
      }
      file.append('\n');
    }
    List<SourceConfig> source = TaskFiles.write(folder, "t.conll", file.toString());
    var reader = TaskReader.tagged(source, TaskReading.DEFAULT);
    LabelSet labels = LabelSet.of(reader);
    var features = TaggedFeatures.of(reader, labels, tokenizer, maxLength, stride);
    int[][] seen = new int[texts.size()][];
    Arrays.setAll(seen, i -> new int[texts.get(i).size()]);
    for (int row = 0; row < features.rows().size(); row++) {
      int[] ids = features.rows().ids(row);
      assertTrue(ids.length <= maxLength && ids[0] == CLS && ids[ids.length - 1] == SEP);
      var targets = (TaskTargets.TokenLabels) features.targets(new int[] {row}, maxLength);
      int example = features.rows().example(row);
      for (int i = 0; i < features.words(row).length; i++) {
        int word = features.words(row)[i];
        int place = features.places(row)[i];
        String text = texts.get(example).get(word);
        seen[example][word]++;
        int first = text.equals("\u200B") ? 1 : tokenizer.tokens(text).ids()[0];
        assertEquals(first, ids[place]);
        assertEquals(features.labels(example)[word], targets.labels()[place]);
      }
      long labelled =
          Arrays.stream(targets.labels()).filter(one -> one != TaskFeatures.IGNORED).count();
      assertEquals(features.words(row).length, labelled);
    }
    for (int[] counts : seen) {
      assertTrue(Arrays.stream(counts).allMatch(count -> count == 1), Arrays.toString(counts));
    }
  }

  @Test
  void aWindowShowsWordsWhereItHasMostAroundThem() {
    String text = "x\tO\n".repeat(20);
    var reader = TaskReader.tagged(TaskFiles.write(folder, "w.conll", text), TaskReading.DEFAULT);
    var features = TaggedFeatures.of(reader, LabelSet.of(reader), tokenizer, 12, 4);
    assertEquals(3, features.rows().size());
    assertArrayEquals(IntStream.range(0, 8).toArray(), features.words(0));
    assertArrayEquals(IntStream.range(8, 14).toArray(), features.words(1));
    assertArrayEquals(IntStream.range(14, 20).toArray(), features.words(2));
  }

  @Test
  void anOverlongQuestionLeavesHalfOfTheRowToItsContext() {
    String row =
        "{\"question\": \"%s\", \"context\": \"%s end\", \"answers\": [{\"text\": \"end\", \"answer_start\": 80}]}"
            .formatted("what ".repeat(200), "x ".repeat(39) + "x");
    var source = TaskFiles.write(folder, "q.jsonl", row);
    var reader = TaskReader.questions(source, TaskReading.DEFAULT);
    var features = QuestionFeatures.of(reader, tokenizer, 32, 20);
    assertTrue(features.rowCount(0) > 1);
    int last = features.firstRow(0) + features.rowCount(0) - 1;
    var spans = (TaskTargets.Spans) features.targets(new int[] {last}, features.length(last));
    assertEquals(80, features.contextStart(last, (int) spans.starts()[0]));
    assertEquals(83, features.contextEnd(last, (int) spans.ends()[0]));
  }

  @Test
  void choicesAreRowsThatStayTogether() {
    String text =
        "{\"context\":\"the house\",\"choices\":[\"x\",\"42\"],\"label\":1}\n"
            + "{\"context\":\"x\",\"choices\":[\"x x x\",\"the\"],\"label\":0}\n";
    var features =
        ChoiceFeatures.of(
            TaskReader.choices(TaskFiles.write(folder, "c.jsonl", text), TaskReading.DEFAULT),
            tokenizer,
            16);
    TaskBatch batch =
        new TaskBatches(features, tokenizer.padId(), 2, 1).inOrder().iterator().next();
    assertEquals(4, batch.tokens().batch());
    assertArrayEquals(new int[] {0, 1}, batch.examples());
    assertArrayEquals(new long[] {1, 0}, ((TaskTargets.Labels) batch.targets()).labels());
    String uneven = text + "{\"context\":\"x\",\"choices\":[\"a\",\"b\",\"c\"],\"label\":0}\n";
    var reader =
        TaskReader.choices(TaskFiles.write(folder, "u.jsonl", uneven), TaskReading.DEFAULT);
    var error =
        assertThrows(InvalidInputException.class, () -> ChoiceFeatures.of(reader, tokenizer, 16));
    assertTrue(String.valueOf(error.getMessage()).contains("line 3: 3 choices"));
  }
}
