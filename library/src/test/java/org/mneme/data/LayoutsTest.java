package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.data.BatchesConfig.Layout;

class LayoutsTest {
  private static final int SEPARATOR = 1;
  private static final Frame BARE = new Frame(new int[0], new int[0], Frame.NONE);
  private static final Frame SEPARATED = new Frame(new int[0], new int[0], SEPARATOR);
  private static final Frame ENCODER = new Frame(new int[] {2}, new int[] {3}, Frame.NONE);

  private static BatchesConfig config(Layout layout, int rows, int length) {
    return new BatchesConfig(layout, rows * length, length, true, true);
  }

  private static Layouts layouts(TokenDocuments documents, BatchesConfig config, Frame frame) {
    return Layouts.of(List.of(new Corpus.Pool(documents, 1)), config, frame, 5);
  }

  private static CausalBatches causal(Layouts layouts, boolean continuing) {
    return new CausalBatches(layouts.lines(), layouts.plan(), 0, continuing);
  }

  private static int[] tokens(TokenLines lines) {
    return IntStream.range(0, lines.size())
        .flatMap(row -> Arrays.stream(lines.line(row).ids()))
        .toArray();
  }

  /// The lines of an epoch, in the order of the plan.
  private static int[] epoch(BatchPlan plan, long epoch) {
    int size = plan.batchesPerEpoch();
    return LongStream.range(epoch * size, (epoch + 1) * size)
        .mapToObj(plan::batch)
        .flatMapToInt(batch -> Arrays.stream(batch.lines()))
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 13, 33, 500})
  void packedBlocksNeitherLoseNorRepeatTokens(int count) {
    ArrayDocuments documents = ArrayDocuments.random(count, 40, count);
    Layouts layouts = layouts(documents, config(Layout.PACKED, 3, 16), BARE);
    assertArrayEquals(documents.all(), tokens(layouts.lines()));
    int blocks = Math.ceilDiv(documents.all().length, 16);
    assertEquals(blocks, layouts.lines().size());
    for (int row = 0; row + 1 < blocks; row++) {
      assertEquals(16, layouts.lines().length(row));
    }
    for (int epoch = 0; epoch < 3; epoch++) {
      int[] lines = Arrays.stream(epoch(layouts.plan(), epoch)).sorted().toArray();
      assertArrayEquals(IntStream.range(0, blocks).toArray(), lines);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 100})
  void separatorsFollowEveryDocument(int count) {
    ArrayDocuments documents = ArrayDocuments.random(count, 40, count);
    Layouts layouts = layouts(documents, config(Layout.PACKED, 3, 16), SEPARATED);
    int[] expected =
        Arrays.stream(documents.documents())
            .flatMapToInt(ids -> IntStream.concat(Arrays.stream(ids), IntStream.of(SEPARATOR)))
            .toArray();
    assertArrayEquals(expected, tokens(layouts.lines()));
    boolean[] starts = new boolean[expected.length];
    int at = 0;
    for (int row = 0; row < layouts.lines().size(); row++) {
      TokenLine line = layouts.lines().line(row);
      for (int i = 0; i < line.ids().length; i++, at++) {
        starts[at] = line.starts()[i];
        assertEquals(line.ids()[i] == SEPARATOR, line.words()[i] < 0);
        int next = at + 1 < expected.length ? expected[at + 1] : TokenLine.NO_TARGET;
        assertEquals(next, line.targets()[i], "every token but the first is a target once");
      }
    }
    for (int i = 0; i < starts.length; i++) {
      assertEquals(i == 0 || expected[i - 1] == SEPARATOR, starts[i]);
    }
  }

  @Test
  void withoutSeparatorsNothingIsGuessedAcrossDocuments() {
    ArrayDocuments documents = ArrayDocuments.of(5, 11, 4, 12);
    Layouts layouts = layouts(documents, config(Layout.PACKED, 2, 8), BARE);
    int targets = 0;
    for (int row = 0; row < layouts.lines().size(); row++) {
      TokenLine line = layouts.lines().line(row);
      for (int i = 0; i < line.ids().length; i++) {
        int target = line.targets()[i];
        assertTrue(target == TokenLine.NO_TARGET || target == line.ids()[i] + 1);
        targets += target == TokenLine.NO_TARGET ? 0 : 1;
      }
    }
    assertEquals(5 + 11 + 4 + 12 - 4, targets);
  }

  @Test
  void blocksThatDoNotCrossHoldOneDocument() {
    ArrayDocuments documents = ArrayDocuments.random(60, 40, 3);
    var config = new BatchesConfig(Layout.PACKED, 48, 16, false, true);
    Layouts layouts = layouts(documents, config, BARE);
    assertArrayEquals(documents.all(), tokens(layouts.lines()));
    int rows = Arrays.stream(documents.documents()).mapToInt(d -> Math.ceilDiv(d.length, 16)).sum();
    assertEquals(rows, layouts.lines().size());
    for (int row = 0; row < rows; row++) {
      boolean[] starts = layouts.lines().line(row).starts();
      assertTrue(IntStream.range(1, starts.length).noneMatch(i -> starts[i]));
    }
  }

  @Test
  void documentsLoseNothingAndLinesTheirEnds() {
    ArrayDocuments documents = ArrayDocuments.random(60, 40, 3);
    Layouts pieces = layouts(documents, config(Layout.DOCUMENTS, 3, 16), ENCODER);
    int[] inner = Arrays.stream(tokens(pieces.lines())).filter(id -> id > 9).toArray();
    assertArrayEquals(documents.all(), inner);
    Layouts lines = layouts(documents, config(Layout.LINES, 3, 16), ENCODER);
    assertEquals(60, lines.lines().size());
    for (int row = 0; row < 60; row++) {
      int[] document = documents.documents()[row];
      int kept = Math.min(14, document.length);
      TokenLine line = lines.lines().line(row);
      assertEquals(kept + 2, lines.lines().length(row));
      assertEquals(2, line.ids()[0]);
      assertEquals(3, line.ids()[kept + 1]);
      assertEquals(-1, line.words()[0]);
      assertEquals(-1, line.words()[kept + 1]);
      assertArrayEquals(Arrays.copyOf(document, kept), Arrays.copyOfRange(line.ids(), 1, kept + 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"1,4,8", "3,4,8", "40,4,8", "40,5,7", "40,1,16", "2,16,4"})
  void segmentsGoOnWhereTheBatchBeforeEnded(int count, int rows, int length) {
    ArrayDocuments documents = ArrayDocuments.random(count, 50, 9);
    Layouts layouts = layouts(documents, config(Layout.SEGMENTS, rows, length), SEPARATED);
    CausalBatches batches = causal(layouts, true);
    List<List<Long>> lanes =
        IntStream.range(0, rows).<List<Long>>mapToObj(_ -> new ArrayList<>()).toList();
    long[] expectedNext = new long[rows];
    Arrays.fill(expectedNext, TokenLine.NO_TARGET);
    for (int index = 0; index < batches.batchesPerEpoch(); index++) {
      CausalBatch batch = batches.batch(index);
      assertEquals(rows, batch.batch());
      assertEquals(index > 0, batch.continues());
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < batch.time(); i++) {
          int at = row * batch.time() + i;
          if (batch.attentionMask()[at] == 1) {
            if (i == 0 && index > 0) {
              assertEquals(expectedNext[row], batch.inputIds()[at], "the target begins the row");
            }
            lanes.get(row).add(batch.inputIds()[at]);
            expectedNext[row] = batch.targets()[at];
          }
        }
      }
    }
    int[] stream = tokens(layouts(documents, config(Layout.PACKED, 1, 16), SEPARATED).lines());
    assertArrayEquals(
        Arrays.stream(stream).asLongStream().toArray(),
        lanes.stream().flatMap(List::stream).mapToLong(Long::longValue).toArray());
    assertFalse(batches.batch(batches.batchesPerEpoch()).continues(), "an epoch starts anew");
    assertArrayEquals(
        batches.batch(0).inputIds(), batches.batch(batches.batchesPerEpoch()).inputIds());
    List<Boolean> inOrder = new ArrayList<>();
    batches.inOrder().forEach(batch -> inOrder.add(batch.continues()));
    assertEquals(inOrder.size() - 1, inOrder.stream().filter(continues -> continues).count());
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aBatchIsTheSameWhateverWasAskedBefore(Layout layout) {
    ArrayDocuments documents = ArrayDocuments.random(200, 40, 3);
    BatchesConfig config = config(layout, 4, 16);
    CausalBatches inTurn = causal(layouts(documents, config, SEPARATED), false);
    List<CausalBatch> all =
        IntStream.range(0, 3 * inTurn.batchesPerEpoch()).mapToObj(inTurn::batch).toList();
    CausalBatches jumping = causal(layouts(documents, config, SEPARATED), false);
    var random = new SplittableRandom(3);
    for (int i = 0; i < 100; i++) {
      int index = random.nextInt(all.size());
      assertArrayEquals(all.get(index).inputIds(), jumping.batch(index).inputIds());
      assertArrayEquals(all.get(index).targets(), jumping.batch(index).targets());
    }
    if (layout != Layout.SEGMENTS) {
      int size = inTurn.batchesPerEpoch();
      assertNotEquals(
          all.subList(0, size).stream().map(b -> Arrays.toString(b.inputIds())).toList(),
          all.subList(size, 2 * size).stream().map(b -> Arrays.toString(b.inputIds())).toList());
    }
  }

  @Test
  void weightsSayHowOftenAnEpochTakesAPart() {
    ArrayDocuments one = ArrayDocuments.random(100, 30, 1);
    ArrayDocuments two = ArrayDocuments.random(80, 30, 2);
    ArrayDocuments half = ArrayDocuments.random(90, 30, 3);
    List<Corpus.Pool> pools =
        List.of(new Corpus.Pool(one, 1), new Corpus.Pool(two, 2), new Corpus.Pool(half, 0.5));
    for (Layout layout : new Layout[] {Layout.LINES, Layout.DOCUMENTS, Layout.PACKED}) {
      Layouts mixed = Layouts.of(pools, config(layout, 1, 16), BARE, 5);
      int[] sizes = pools.stream().mapToInt(p -> rows(p, layout)).toArray();
      int[] counts = new int[mixed.lines().size()];
      for (int epoch = 0; epoch < 2; epoch++) {
        Arrays.stream(epoch(mixed.plan(), epoch)).forEach(line -> counts[line]++);
      }
      assertEquals(IntStream.of(sizes).sum(), counts.length);
      for (int line = 0; line < counts.length; line++) {
        int expected = line < sizes[0] ? 2 : line < sizes[0] + sizes[1] ? 4 : 1;
        // a plan of an odd number of batches is halved to the nearest
        assertTrue(
            counts[line] == expected || (expected == 1 && counts[line] <= 2),
            layout + " line " + line + ": " + counts[line]);
      }
      int[] inOrder =
          toList(mixed.plan().inOrder()).stream()
              .flatMapToInt(batch -> Arrays.stream(batch.lines()))
              .sorted()
              .toArray();
      assertArrayEquals(IntStream.range(0, counts.length).toArray(), inOrder);
    }
    assertThrows(
        InvalidInputException.class,
        () -> Layouts.of(pools, config(Layout.SEGMENTS, 2, 16), BARE, 5));
  }

  private static int rows(Corpus.Pool pool, Layout layout) {
    return Layouts.of(List.of(new Corpus.Pool(pool.documents(), 1)), config(layout, 1, 16), BARE, 5)
        .lines()
        .size();
  }

  private static List<LineBatch> toList(Iterable<LineBatch> batches) {
    List<LineBatch> list = new ArrayList<>();
    batches.forEach(list::add);
    return list;
  }

  @Test
  void rowsOfACausalBatchAreItsParts() {
    ArrayDocuments documents = ArrayDocuments.random(20, 30, 1);
    CausalBatch batch =
        causal(layouts(documents, config(Layout.PACKED, 4, 16), SEPARATED), false).batch(0);
    CausalBatch first = batch.rows(0, 1);
    CausalBatch rest = batch.rows(1, batch.batch());
    assertEquals(batch.tokens(), first.tokens() + rest.tokens());
    assertEquals(batch.targetCount(), first.targetCount() + rest.targetCount());
    assertArrayEquals(
        batch.inputIds(),
        LongStream.concat(Arrays.stream(first.inputIds()), Arrays.stream(rest.inputIds()))
            .toArray());
    int[] documentsOfRow = first.documents();
    for (int i = 1; i < documentsOfRow.length; i++) {
      assertEquals(documentsOfRow[i - 1] + (first.starts()[i] ? 1 : 0), documentsOfRow[i]);
    }
    long[] four = new long[4];
    assertThrows(
        IllegalArgumentException.class,
        () -> new CausalBatch(2, 2, four, four, new long[3], new boolean[4], false, false));
  }

  @Test
  void joinedAndLimitedDocumentsReadAsOne() {
    ArrayDocuments one = ArrayDocuments.random(7, 9, 1);
    ArrayDocuments two = ArrayDocuments.random(5, 9, 2);
    TokenDocuments joined = new JoinedDocuments(List.of(one, two));
    assertEquals(12, joined.size());
    int[] ids = new int[(int) joined.tokens()];
    joined.read(0, ids, new boolean[ids.length]);
    assertArrayEquals(
        IntStream.concat(Arrays.stream(one.all()), Arrays.stream(two.all())).toArray(), ids);
    assertEquals(one.tokens() + two.start(3), joined.start(10));
    TokenDocuments few = FirstDocuments.of(joined, 9);
    assertEquals(9, few.size());
    assertEquals(joined.start(9), few.tokens());
    assertEquals(12, FirstDocuments.of(joined, 0).size());
    assertEquals(12, FirstDocuments.of(joined, 99).size());
  }
}
