package org.mneme.data.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.data.CausalBatch;
import org.mneme.data.task.FactRows.Asked;
import org.mneme.text.Tokenizer;

class FactRowsTest {
  private static Tokenizer tokenizer;

  @TempDir private Path folder;

  @BeforeAll
  static void load() {
    tokenizer = TinyModel.tokenizer();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private List<FactExample> read(String name, String content) {
    return TaskReader.facts(TaskFiles.write(folder, name, content), TaskReading.DEFAULT).all();
  }

  private static FactExample fact(String prompt, String answer) {
    return new FactExample(prompt, answer, new Place(Path.of("facts.txt"), 1));
  }

  private static FactRows rows(int maxLength, FactExample... facts) {
    return FactRows.of(tokenizer, List.of(facts), maxLength);
  }

  private static long[] asked(FactRows rows, Asked asked) {
    return LongStream.of(rows.batch(new int[] {0}, asked).targets())
        .filter(target -> target >= 0)
        .toArray();
  }

  @Test
  void linesAreWholeOrPartedByATab() {
    List<FactExample> facts = read("facts.txt", "the cat sees\n\nthe dog\tis big\n");
    assertEquals(List.of("", "the dog"), facts.stream().map(FactExample::prompt).toList());
    assertEquals(
        List.of("the cat sees", "the dog is big"), facts.stream().map(FactExample::text).toList());
    assertEquals(3, facts.getLast().place().line());
  }

  @Test
  void tablesHaveAColumnForEachOrOneForAll() {
    List<FactExample> pairs =
        read("facts.jsonl", "{\"prompt\": \"the dog\", \"completion\": \" is big\"}\n");
    assertEquals("the dog is big", pairs.getFirst().text());
    List<FactExample> tsv = read("facts.tsv", "question\tanswer\nwho?\tthe cat\n");
    assertEquals(
        List.of("who?", "the cat"), List.of(tsv.getFirst().prompt(), tsv.getFirst().answer()));
    assertEquals("all of it", read("text.jsonl", "{\"text\": \"all of it\"}\n").getFirst().text());
  }

  @ParameterizedTest
  @CsvSource({
    "'the\tdog\tsees\n', '2 tabs'",
    "'\tthe dog\n', 'the prompt is empty'",
    "'the dog\t \n', 'the answer is empty'"
  })
  void brokenLinesAreNamed(String content, String expected) {
    var e = assertThrows(InvalidInputException.class, () -> read("facts.txt", content));
    assertTrue(String.valueOf(e.getMessage()).contains(expected), e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains("line 1"), e.getMessage());
  }

  @Test
  void theAnswerAloneIsAskedFor() {
    int[] whole = tokenizer.encode("the dog sees the cat").ids();
    FactRows rows = rows(64, fact("the dog", "sees the cat"));
    int before = tokenizer.tokens("the dog").ids().length;
    int special = whole.length - tokenizer.tokens("the dog sees the cat").ids().length;
    assertTrue(special >= 0);
    long[] learnt = asked(rows, Asked.TO_LEARN);
    int first = rows.length(0) - learnt.length;
    assertEquals(IntStream.of(whole).skip(first).limit(1).sum(), learnt[0]);
    assertTrue(first >= before, first + " tokens before the answer, at least " + before);
    assertArrayEquals(Arrays.stream(rows.ids(0)).asLongStream().skip(first).toArray(), learnt);
  }

  @Test
  void aLineByItselfIsAskedForFromItsSecondToken() {
    FactRows rows = rows(64, fact("", "the dog sees the cat"));
    assertEquals(rows.length(0) - 1, asked(rows, Asked.TO_LEARN).length);
  }

  @Test
  void theEndIsLearntButNotScored() {
    FactRows rows = rows(64, fact("the dog", "sees"));
    int end = tokenizer.specialTokens().eos().orElse(-1);
    int last = rows.ids(0)[rows.length(0) - 1];
    int more = end >= 0 && last == end ? 1 : 0;
    assertEquals(asked(rows, Asked.TO_SCORE).length + more, asked(rows, Asked.TO_LEARN).length);
  }

  @Test
  void longFactsAreCutAndThoseWithoutAnAnswerLeft() {
    FactRows rows = rows(4, fact("the dog", "sees the cat near the house"));
    assertEquals(1, rows.size());
    assertEquals(4, rows.length(0));
    assertEquals(0, rows(4, fact("the dog sees the cat near the house", "now")).size());
  }

  @Test
  void batchesAreTheSameForTheSameSeedAndHoldEveryFactOnce() {
    List<FactExample> facts = new ArrayList<>();
    TinyModel.sentences(50, 4).forEach(text -> facts.add(fact("", text)));
    FactRows rows = FactRows.of(tokenizer, facts, 32);
    FactBatches batches = new FactBatches(rows, 8, 3);
    assertEquals(Math.ceilDiv(rows.size(), 8), batches.batchesPerEpoch());
    int[] epoch =
        IntStream.range(0, batches.batchesPerEpoch())
            .flatMap(i -> Arrays.stream(batches.batch(i)))
            .sorted()
            .toArray();
    assertArrayEquals(IntStream.range(0, rows.size()).toArray(), epoch);
    assertArrayEquals(batches.batch(3), new FactBatches(rows, 8, 3).batch(3));
    int[] all = rows.byLength(64).stream().flatMapToInt(Arrays::stream).sorted().toArray();
    assertArrayEquals(IntStream.range(0, rows.size()).toArray(), all);
    CausalBatch batch = rows.batch(batches.batch(0), Asked.TO_LEARN);
    assertTrue(batch.targetCount() > 0);
  }
}
