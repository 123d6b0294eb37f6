package org.mneme.data.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.BadRecordsConfig.Policy;
import org.mneme.data.SourceConfig;
import org.mneme.data.source.BadRecords;

class TaskReaderTest {
  private static final TaskReading USUAL = TaskReading.DEFAULT;
  private static final TaskReading SKIP =
      USUAL.withBadRecords(new BadRecordsConfig(Policy.SKIP, 0));

  @TempDir private Path folder;

  private TaskReader<SequenceExample> sequences(String name, String text, Target.Kind kind) {
    return TaskReader.sequences(TaskFiles.write(folder, name, text), USUAL, kind);
  }

  private List<String> labels(String name, String text) {
    return sequences(name, text, Target.Kind.LABEL).all().stream()
        .map(example -> String.join(",", example.labels()))
        .toList();
  }

  private static String error(TaskReader<?> reader) {
    var error = assertThrows(InvalidInputException.class, reader::all);
    assertEquals(InvalidInputException.Kind.DATA, error.kind());
    return String.valueOf(error.getMessage());
  }

  private static void assertContains(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), () -> "no '" + part + "' in: " + text);
    }
  }

  @Test
  void formatsGiveTheSameExamples() {
    List<String> wanted = List.of("good", "bad");
    assertEquals(wanted, labels("a.tsv", "text\tlabel\na \"b\tgood\nc\tbad\n"));
    assertEquals(wanted, labels("a.csv", "label,text\ngood,\"a, \"\"b\"\"\"\nbad,\"c\nd\"\n"));
    assertEquals(
        wanted,
        labels(
            "a.jsonl",
            "{\"sentence\":\"a\",\"label\":\"good\"}\n\n{\"text\":\"c\",\"label\":\"bad\"}"));
  }

  @Test
  void parquetHoldsTextsNumbersListsAndStructs() throws SQLException {
    Path file = folder.resolve("a.parquet");
    try (var duck = new DuckDBDriver().connect("jdbc:duckdb:", new Properties());
        var statement = duck.createStatement()) {
      statement.execute(
          "COPY (SELECT 'q1' AS id, 'who?' AS question, 'it was Ada' AS context,"
              + " {'text': ['Ada'], 'answer_start': [7]} AS answers, 3 AS label,"
              + " ['it', 'was'] AS tokens, [0, 1] AS ner_tags) TO '"
              + file
              + "' (FORMAT parquet)");
    }
    List<SourceConfig> source = List.of(SourceConfig.of(file.toString()));
    QuestionExample question = TaskReader.questions(source, USUAL).all().getFirst();
    assertEquals(List.of(new QuestionExample.Answer("Ada", 7)), question.answers());
    TaggedExample tagged = TaskReader.tagged(source, USUAL).all().getFirst();
    assertEquals(List.of("it", "was"), tagged.words());
    assertEquals(List.of("0", "1"), tagged.tags());
    assertEquals(
        List.of("3"),
        TaskReader.sequences(source, USUAL, Target.Kind.LABEL).all().getFirst().labels());
  }

  @Test
  void pairsAreFoundByTheirUsualNames() {
    for (String names : List.of("premise\thypothesis", "question\tsentence", "text_a\ttext_b")) {
      SequenceExample example =
          sequences("p.tsv", names + "\tlabel\nfirst\tsecond\t1\n", Target.Kind.LABEL)
              .all()
              .getFirst();
      assertEquals("first", example.text());
      assertEquals("second", example.pair());
    }
  }

  @Test
  void aMappedTextHasNoPairUnlessThatIsMapped() {
    var source = TaskFiles.write(folder, "m.tsv", "sentence1\tsentence2\tlabel\na\tb\t1\n");
    var reading = USUAL.withColumns(ColumnsConfig.of("sentence2", null, null));
    SequenceExample example =
        TaskReader.sequences(source, reading, Target.Kind.LABEL).all().getFirst();
    assertEquals("b", example.text());
    assertNull(example.pair());
  }

  @Test
  void severalLabelsAreAListOrSeparated() {
    String text =
        """
        {"text": "a", "labels": ["x", "y"]}
        {"text": "b", "labels": "x, z"}
        {"text": "c", "labels": "[\\"y\\"]"}
        {"text": "d", "labels": []}
        """;
    assertEquals(
        List.of(List.of("x", "y"), List.of("x", "z"), List.of("y"), List.of()),
        sequences("l.jsonl", text, Target.Kind.LABELS).all().stream()
            .map(SequenceExample::labels)
            .toList());
  }

  @Test
  void labelSetsAreSortedAndNumbersNumerically() {
    var texts = sequences("s.tsv", "text\tlabel\na\tb\nb\ta\nc\tb\n", Target.Kind.LABEL);
    assertEquals(List.of("a", "b"), LabelSet.of(texts).names());
    assertEquals(List.of("2", "10"), LabelSet.sorted(List.of("10", "2", "10")).names());
    assertEquals(List.of("10", "2", "x"), LabelSet.sorted(List.of("x", "10", "2")).names());
  }

  @Test
  void anUnseenLabelIsNamedWithLineAndSuggestion() {
    var reader =
        sequences("u.tsv", "text\tlabel\na\tneutral\nb\tnuetral\n", Target.Kind.LABEL)
            .withLabels(new LabelSet(List.of("neutral", "entailment")));
    assertContains(error(reader), "u.tsv, line 3", "'nuetral'", "did you mean neutral?");
  }

  @Test
  void aMissingColumnNamesThoseThatAreThere() {
    assertContains(
        error(sequences("c.tsv", "tekst\tlabel\na\t1\n", Target.Kind.LABEL)),
        "c.tsv",
        "there are tekst, label",
        "columns.text");
    var mapped = USUAL.withColumns(ColumnsConfig.of("text", null, "labl"));
    assertContains(
        error(
            TaskReader.sequences(
                TaskFiles.write(folder, "d.tsv", "text\tlabel\na\t1\n"),
                mapped,
                Target.Kind.LABEL)),
        "no column 'labl'",
        "did you mean label?");
    assertContains(
        error(
            sequences(
                "e.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\"}\n", Target.Kind.LABEL)),
        "e.jsonl, line 2",
        "there are text");
  }

  @Test
  void wrongTypesEmptyTextsAndShortRowsAreNamedWithTheirLines() {
    assertContains(
        error(sequences("n.tsv", "text\tscore\na\t1.5\nb\thigh\n", Target.Kind.SCORE)),
        "line 3",
        "\"high\"",
        "a finite number");
    assertContains(
        error(sequences("n.jsonl", "{\"text\":5,\"label\":1}", Target.Kind.LABEL)),
        "line 1",
        "'text' holds 5, not text");
    assertContains(
        error(sequences("b.tsv", "text\tlabel\n \t1\n", Target.Kind.LABEL)),
        "line 2",
        "'text' is empty");
    assertContains(
        error(sequences("r.tsv", "text\tlabel\na\n", Target.Kind.LABEL)),
        "line 2",
        "1 fields, the header has 2");
    assertContains(
        error(sequences("o.tsv", "text\tlabel\na\t\n", Target.Kind.LABEL)),
        "line 2",
        "'label' is empty");
  }

  @Test
  void errorsNameTheFilesOwnColumns() {
    for (String number : List.of("NaN", "1e39", "0x1p3", "1f")) {
      assertContains(
          error(sequences("f.tsv", "text\tscore\na\t" + number + "\n", Target.Kind.SCORE)),
          "f.tsv, line 2: 'score' holds \"" + number + "\", not a finite number");
    }
    assertContains(
        error(sequences("k.jsonl", "{\"sentence\":5,\"class\":1}", Target.Kind.LABEL)),
        "'sentence' holds 5, not text");
    assertContains(
        error(
            sequences(
                "h.jsonl",
                "{\"premise\":\"a\",\"hypothesis\":null,\"class\":1}",
                Target.Kind.LABEL)),
        "'hypothesis' is null");
    assertContains(
        error(sequences("l.jsonl", "{\"text\":\"a\",\"labels\":null}", Target.Kind.LABELS)),
        "'labels' is null; label it");
    assertContains(
        error(TaskReader.tagged(write("w.jsonl", "{\"tokens\":[],\"ner_tags\":[]}"), USUAL)),
        "'tokens' is empty");
    assertContains(
        error(
            TaskReader.choices(
                write("e.jsonl", "{\"text\":\"a\",\"endings\":[\"b\",3],\"label\":0}"), USUAL)),
        "'endings' holds 3, not text");
  }

  @Test
  void aNameThatComesTwiceIsAnError() {
    assertContains(
        error(sequences("t.tsv", "text\tlabel\tlabel\na\t1\t2\n", Target.Kind.LABEL)),
        "t.tsv: two columns are called 'label'");
    assertContains(
        error(sequences("t.jsonl", "{\"text\":\"a\",\"text\":\"b\"}", Target.Kind.LABEL)),
        "t.jsonl, line 1: a key comes twice");
    // columns without names are nobody's
    assertEquals(List.of("1"), labels("n.tsv", "text\tlabel\t\t\na\t1\tx\ty\n"));
  }

  @Test
  void labelsOfNothingAreAnError() {
    for (String name : List.of("text\tlabel\n", "text\tlabel\n\n")) {
      var none = sequences("none.tsv", name, Target.Kind.LABEL);
      var error = assertThrows(InvalidInputException.class, () -> LabelSet.of(none));
      assertContains(String.valueOf(error.getMessage()), "none.tsv: there are no examples");
    }
  }

  @Test
  void streamsAreReadInEveryPlainLayout() {
    SourceConfig text = SourceConfig.of("stdin").withFormat(SourceConfig.Format.TEXT);
    List<TaggedExample> tagged = new ArrayList<>();
    var words = TaskReader.tagged(List.of(text), USUAL);
    assertEquals(0, words.readStream(stream("EU\tB-ORG\n\nand\tO\n"), tagged::add).total());
    assertEquals(List.of("and"), tagged.getLast().words());
    List<QuestionExample> asked = new ArrayList<>();
    var questions = TaskReader.questions(List.of(text), USUAL.unlabelled());
    String squad =
        "{\"data\":[{\"paragraphs\":[{\"context\":\"a"
            + " b\",\"qas\":[{\"id\":\"1\",\"question\":\"q\"}]}]}]}";
    assertEquals(0, questions.readStream(stream(squad), asked::add).total());
    assertEquals("q", asked.getFirst().question());
    var texts = TaskReader.sequences(List.of(text), USUAL, Target.Kind.LABEL);
    var error =
        assertThrows(InvalidInputException.class, () -> texts.readStream(stream("a"), _ -> true));
    assertContains(String.valueOf(error.getMessage()), "stdin: is read as text", "--format");
  }

  @Test
  void brokenSquadIsNamedByLineAndColumn() {
    String cut = "{\"data\":[{\"paragraphs\":[{\"context\":\"a b\"";
    String message = error(TaskReader.questions(write("cut.json", cut), USUAL));
    assertContains(message, "cut.json: line 1, column 41: broken JSON; questions are");
  }

  private List<SourceConfig> write(String name, String text) {
    return TaskFiles.write(folder, name, text);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void predictionsNeedNoLabels() {
    var source = TaskFiles.write(folder, "p.tsv", "text\na\nb\n");
    var reader = TaskReader.sequences(source, USUAL.unlabelled(), Target.Kind.LABEL);
    assertEquals(2, reader.all().size());
    assertTrue(reader.all().getFirst().target() instanceof Target.Unknown);
    var words = TaskFiles.write(folder, "p.conll", "a\nb\n\nc\n");
    assertEquals(2, TaskReader.tagged(words, USUAL.unlabelled()).all().size());
  }

  @Test
  void badRecordsAreSkippedAndCountedByKind() {
    var source =
        TaskFiles.write(folder, "k.tsv", "text\tlabel\na\t1\n\t1\nb\t\nc\t9\nd\nd\t2\te\n");
    var reader =
        TaskReader.sequences(
            source, SKIP.withLabels(new LabelSet(List.of("1", "2"))), Target.Kind.LABEL);
    BadRecords bad = reader.read(example -> assertEquals("a", example.text()));
    assertEquals(
        Map.of("empty", 1L, "missing-label", 1L, "unknown-label", 1L, "broken-row", 2L),
        bad.counts());
  }

  @Test
  void aFileHoldsPairsOrNone() {
    String pairs =
        "{\"premise\":\"a\",\"hypothesis\":\"b\",\"label\":1}\n{\"premise\":\"c\",\"label\":1}\n";
    assertContains(
        error(sequences("pairs.jsonl", pairs, Target.Kind.LABEL)), "line 2", "hypothesis");
    String texts =
        "{\"text\":\"a\",\"label\":1}\n"
            + "{\"text\":\"c\",\"text1\":\"d\",\"text2\":\"e\",\"label\":1}\n";
    assertContains(error(sequences("texts.jsonl", texts, Target.Kind.LABEL)), "line 2", "'text2'");
  }

  @Test
  void tabsAlonePartEmptyFields() {
    var source = TaskFiles.write(folder, "tabs.tsv", "text\tlabel\na\t1\n\n\t\nb\t1\n");
    BadRecords bad = TaskReader.sequences(source, SKIP, Target.Kind.LABEL).read(_ -> {});
    assertEquals(Map.of("empty", 1L), bad.counts());
  }

  @Test
  void aQuestionMayHaveAnyId() {
    var source =
        TaskFiles.write(
            folder, "id.jsonl", "{\"id\": [1], \"question\": \"q\", \"context\": \"c\"}\n");
    var reader = TaskReader.questions(source, USUAL.withoutLabels());
    assertEquals("1", reader.all().getFirst().id()); // its line
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\tO\n?\tO\nb\tO\n", "?\tO\na\tO\n", "a\tO\n?\tO\n\n"})
  void aLineThatIsNoUtf8CostsItsSentence(String sentence) throws IOException {
    Path file = folder.resolve("broken.conll");
    byte[] bytes = ("x\tO\n\n" + sentence + "\nc\tO\n").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = bytes[i] == '?' ? (byte) 0xff : bytes[i];
    }
    Files.write(file, bytes);
    var reader = TaskReader.tagged(List.of(SourceConfig.of(file.toString())), SKIP);
    assertEquals(
        List.of(List.of("x"), List.of("c")),
        reader.all().stream().map(TaggedExample::words).toList());
  }

  @Test
  void aQuotedFieldWithoutOneOfItsLinesIsBroken() throws IOException {
    Path file = folder.resolve("broken.csv");
    byte[] bytes = "text,label\n\"a\n?\nb\",1\nc,1\n".getBytes(StandardCharsets.UTF_8);
    bytes[14] = (byte) 0xff;
    Files.write(file, bytes);
    var source = List.of(SourceConfig.of(file.toString()));
    BadRecords bad =
        TaskReader.sequences(source, SKIP, Target.Kind.LABEL)
            .read(example -> assertEquals("c", example.text()));
    assertEquals(Map.of("invalid-utf8", 1L, "broken-row", 1L), bad.counts());
  }

  @Test
  void aLimitEndsTheReading() {
    var source = TaskFiles.write(folder, "t.tsv", "text\tlabel\na\t1\nb\t1\nbroken\n");
    var reader = TaskReader.sequences(source, USUAL.withLimit(2), Target.Kind.LABEL);
    assertEquals(2, reader.all().size());
  }

  @Test
  void aLimitIsOfEachSourceAndEnoughIsEnoughOfAll() {
    var one = TaskFiles.write(folder, "one.tsv", "text\tlabel\na\t1\nb\t1\nc\t1\n");
    var other = TaskFiles.write(folder, "other.tsv", "text\tlabel\nd\t1\ne\t1\nf\t1\n");
    List<SourceConfig> both = List.of(one.getFirst(), other.getFirst());
    var reader = TaskReader.sequences(both, USUAL.withLimit(2), Target.Kind.LABEL);
    assertEquals(
        List.of("a", "b", "d", "e"), reader.all().stream().map(SequenceExample::text).toList());
    List<String> few = new ArrayList<>();
    reader.readWhile(example -> {
      few.add(example.text());
      return few.size() < 1;
    });
    assertEquals(List.of("a"), few);
  }

  @Test
  void conllTakesFirstAndLastColumnUnlessMapped() {
    String text = "# a\t1\tX\tO\n\n#b\t1\tY\tB-x\nc d\t2\tZ\tI-x\n\n\n";
    var source = TaskFiles.write(folder, "a.conll", text);
    List<TaggedExample> usual = TaskReader.tagged(source, USUAL).all();
    assertEquals(List.of("# a"), usual.getFirst().words());
    assertEquals(List.of("#b", "c d"), usual.getLast().words());
    assertEquals(List.of("B-x", "I-x"), usual.getLast().tags());
    assertEquals(3, usual.getLast().place().line());
    var mapped = USUAL.withColumns(ColumnsConfig.DEFAULT.withTagged("1", "3"));
    assertEquals(List.of("Y", "Z"), TaskReader.tagged(source, mapped).all().getLast().tags());
    var commented = USUAL.withColumns(ColumnsConfig.DEFAULT.withConll(ColumnsConfig.Gap.TAB, true));
    assertEquals(1, TaskReader.tagged(source, commented).all().size());
    var blanks =
        USUAL.withColumns(ColumnsConfig.DEFAULT.withConll(ColumnsConfig.Gap.BLANKS, false));
    var old = TaskFiles.write(folder, "b.txt", "-DOCSTART- -X- O O\n\nEU NNP B O\n. . O O\n");
    assertEquals(List.of("EU", "."), TaskReader.tagged(old, blanks).all().getFirst().words());
  }

  @Test
  void aShortConllRowCostsItsSentence() {
    var source = TaskFiles.write(folder, "s.conll", "a\tO\nb\n\nc\tO\n");
    assertContains(error(TaskReader.tagged(source, USUAL)), "line 2", "1 columns");
    var reader = TaskReader.tagged(source, SKIP);
    assertEquals(List.of("c"), reader.all().getFirst().words());
    assertContains(
        error(
            TaskReader.tagged(
                TaskFiles.write(folder, "p.conll", "a N O\n"), USUAL.withoutLabels())),
        "tabs");
    assertContains(
        error(TaskReader.tagged(TaskFiles.write(folder, "n.conll", "a O\n"), USUAL)),
        "one column",
        "columns.gap");
  }

  @Test
  void squadCountsCodePointsAndKnowsImpossibleQuestions() {
    String text =
        """
        {"version": "v2.0", "data": [{"title": "t", "paragraphs": [
          {"qas": [
            {"id": "a", "question": "q?", "answers": [{"text": "Ada", "answer_start": 2}]},
            {"id": "b", "question": "q?", "is_impossible": true, "answers": [],
             "plausible_answers": [{"text": "x", "answer_start": 0}]}],
           "context": "😀 Ada"}]}]}
        """;
    List<QuestionExample> all =
        TaskReader.questions(TaskFiles.write(folder, "s.json", text), USUAL).all();
    assertEquals(List.of(new QuestionExample.Answer("Ada", 3)), all.getFirst().answers());
    assertEquals(3, all.getFirst().place().line());
    assertEquals(List.of(), all.getLast().answers());
    String wrong = text.replace("\"answer_start\": 2", "\"answer_start\": 3");
    assertContains(
        error(TaskReader.questions(TaskFiles.write(folder, "w.json", wrong), USUAL)),
        "w.json, line 3",
        "question 'a'",
        "it stands at 2",
        "code points");
  }

  @Test
  void anEmptyAnswerIsNone() {
    String row =
        "{\"question\": \"q\", \"context\": \"c\", \"answers\": {\"text\": [\"\"],"
            + " \"answer_start\": [0]}}";
    var source = TaskFiles.write(folder, "e.jsonl", row);
    assertEquals(List.of(), TaskReader.questions(source, USUAL).all().getFirst().answers());
  }

  @Test
  void whatIsNoSquadIsRefused() {
    for (String text : List.of("[]", "{}", "{\"data\": [{\"context\": \"a\"}]}", "{\"data\": [")) {
      var source = TaskFiles.write(folder, "x.json", text);
      assertContains(error(TaskReader.questions(source, USUAL)), "x.json", "line 1");
    }
  }

  @Test
  void choicesAreListsOrColumns() {
    String list =
        """
        {"context": "c", "question": "q", "choices": ["x", "y"], "label": 1}
        {"question": "q", "choices": {"label": ["A", "B"], "text": ["x", "y"]}, "answerKey": "B"}
        {"premise": "c", "choice1": "x", "choice2": "y", "label": "y"}
        {"question": "q", "choices": {"label": ["1", "2"], "text": ["x", "y"]}, "answerKey": "2"}
        """;
    List<ChoiceExample> all =
        TaskReader.choices(TaskFiles.write(folder, "c.jsonl", list), USUAL).all();
    for (ChoiceExample one : all) {
      assertEquals(List.of("x", "y"), one.choices());
      assertEquals(1, one.answer());
    }
    assertEquals("q x", all.getFirst().second(0));
    assertEquals("q", all.get(1).text());
    assertEquals("x", all.get(1).second(0));
    String columns = "sent1\tsent2\tending0\tending1\tlabel\na\tb\tx\ty\t0\n";
    ChoiceExample swag =
        TaskReader.choices(TaskFiles.write(folder, "c.tsv", columns), USUAL).all().getFirst();
    assertEquals("b y", swag.second(1));
    String wrong = "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"label\": 2}";
    assertContains(
        error(TaskReader.choices(TaskFiles.write(folder, "w.jsonl", wrong), USUAL)),
        "line 1",
        "label '2' is no choice");
  }
}
