package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.assertFails;
import static org.mneme.app.cli.CommandRun.good;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.app.TinyFolder;
import org.mneme.data.task.TaskType;
import org.mneme.model.HeadConfig;
import tools.jackson.databind.JsonNode;

/// `mneme predict` and `mneme evaluate --data`, on tiny models with heads for tasks.
class TaskCommandsTest {
  private static final List<String> LABELS = List.of("no", "yes");
  private static final List<String> TAGS = List.of("O", "B-x", "I-x");

  @TempDir private static Path temp;
  private static String plain = "";

  @BeforeAll
  static void write() {
    plain = TinyFolder.model(temp.resolve("plain")).toString();
    for (TaskType task : TaskType.values()) {
      TinyFolder.task(temp.resolve(task.label()), head(task));
    }
  }

  private static HeadConfig head(TaskType task) {
    return switch (task) {
      case CLASSIFICATION -> HeadConfig.singleLabel(LABELS);
      case MULTI_LABEL -> HeadConfig.multiLabel(LABELS);
      case REGRESSION -> HeadConfig.regression();
      case TOKENS -> HeadConfig.tokens(TAGS);
      case QUESTIONS -> HeadConfig.question();
      case CHOICE -> HeadConfig.choice();
    };
  }

  private static String model(TaskType task) {
    return temp.resolve(task.label()).toString();
  }

  private static String file(String name, String... lines) {
    return TinyFolder.write(temp.resolve(name), List.of(lines)).toString();
  }

  /// Two labelled examples.
  private static String data(TaskType task) {
    return switch (task) {
      case CLASSIFICATION -> file("c.tsv", "sentence\tlabel", "the cat sits\tyes", "a dog\tno");
      case MULTI_LABEL -> file("m.csv", "text,labels", "the cat,\"yes,no\"", "a dog,");
      case REGRESSION ->
          file("r.jsonl", "{\"text\":\"the cat\",\"score\":2.5}", "{\"text\":\"a\",\"score\":1}");
      case TOKENS -> file("t.conll", "the\tO", "cat\tB-x", "", "a\tO");
      case QUESTIONS ->
          file(
              "q.json",
              "{\"data\":[{\"paragraphs\":[{\"context\":\"the cat sits on the tree\",\"qas\":[",
              "{\"id\":\"q1\",\"question\":\"the"
                  + " cat\",\"answers\":[{\"text\":\"sits\",\"answer_start\":8}]},",
              "{\"id\":\"q2\",\"question\":\"the"
                  + " dog\",\"answers\":[],\"is_impossible\":true}]}]}]}");
      case CHOICE ->
          file(
              "h.jsonl",
              "{\"id\":7,\"text\":\"the cat\",\"choices\":[\"sits\",\"the tree\"],\"label\":0}",
              "{\"id\":8,\"text\":\"a dog\",\"choices\":[\"flows\",\"runs\"],\"label\":1}");
    };
  }

  private static List<JsonNode> predict(String model, String data, String... more) {
    List<String> args = new ArrayList<>(List.of("predict", "--model", model, "--data", data));
    args.addAll(List.of(more));
    CommandRun run = good(args.toArray(String[]::new));
    assertEquals("", run.err());
    return run.out().lines().map(TinyFolder::json).toList();
  }

  private static JsonNode evaluate(TaskType task, String... more) {
    List<String> args =
        new ArrayList<>(List.of("evaluate", "--model", model(task), "--data", data(task)));
    args.addAll(List.of("--json", "--task", task.label()));
    args.addAll(List.of(more));
    return TinyFolder.json(good(args.toArray(String[]::new)).out());
  }

  @ParameterizedTest
  @EnumSource(TaskType.class)
  void everyTaskIsAnsweredAndMeasured(TaskType task) {
    List<JsonNode> lines = predict(model(task), data(task));
    assertEquals(2, lines.size());
    List<String> keys =
        switch (task) {
          case CLASSIFICATION -> List.of("line", "label", "score");
          case MULTI_LABEL -> List.of("line", "labels", "scores");
          case REGRESSION -> List.of("line", "score");
          case TOKENS -> List.of("line", "words", "tags", "entities");
          case QUESTIONS -> List.of("line", "id", "answer", "score", "from", "to");
          case CHOICE -> List.of("line", "id", "choice", "score", "scores");
        };
    for (JsonNode line : lines) {
      assertEquals(keys, List.copyOf(line.propertyNames()));
    }
    JsonNode result = evaluate(task);
    assertEquals(2, result.path("examples").asInt());
    String figure =
        switch (task) {
          case CLASSIFICATION, CHOICE -> "accuracy";
          case MULTI_LABEL -> "subsetAccuracy";
          case REGRESSION -> "mse";
          case TOKENS -> "tokenAccuracy";
          case QUESTIONS -> "exactMatch";
        };
    assertTrue(result.path("metrics").path(figure).isNumber(), result.toString());
    assertTrue(result.path("metrics").path("loss").isNumber(), result.toString());
    String line = good("evaluate", "--model", model(task), "--data", data(task)).out();
    assertTrue(line.contains("(2 examples, "), line);
    assertEquals(1, line.lines().count());
  }

  @Test
  void allScoresAreOfEveryLabel() {
    JsonNode one =
        predict(model(TaskType.CLASSIFICATION), data(TaskType.CLASSIFICATION), "--scores")
            .getFirst();
    assertEquals(LABELS, List.copyOf(one.path("scores").propertyNames()));
    assertEquals(one.path("score"), one.path("scores").path(one.path("label").asString()));
    JsonNode answer =
        predict(model(TaskType.QUESTIONS), data(TaskType.QUESTIONS), "--scores").getFirst();
    assertEquals(answer.path("answer"), answer.path("candidates").path(0).path("answer"));
  }

  @Test
  void anAnswerMayBeMissing() {
    String[] more = {"--unanswerable", "--null-threshold", "-1000"};
    for (JsonNode line : predict(model(TaskType.QUESTIONS), data(TaskType.QUESTIONS), more)) {
      assertEquals("", line.path("answer").asString());
      assertEquals(0, line.path("to").asInt());
    }
    JsonNode metrics = evaluate(TaskType.QUESTIONS, more).path("metrics");
    assertEquals(100, metrics.path("noAnswerExactMatch").asDouble());
    assertEquals(0, metrics.path("hasAnswerExactMatch").asDouble());
  }

  @Test
  void theFileHasWhatStdoutHas() {
    Path out = temp.resolve("out/predicted.jsonl");
    String data = data(TaskType.TOKENS);
    List<JsonNode> lines = predict(model(TaskType.TOKENS), data);
    assertEquals(List.of(), predict(model(TaskType.TOKENS), data, "--out", out.toString()));
    assertEquals(lines, TinyFolder.read(out).lines().map(TinyFolder::json).toList());
    String broken = file("broken.conll", "the\tO", "", "a\tO\tx");
    assertFails(
        4,
        List.of("line 3"),
        "predict",
        "--model",
        model(TaskType.TOKENS),
        "--data",
        broken,
        "--out",
        out.toString());
    assertEquals(lines, TinyFolder.read(out).lines().map(TinyFolder::json).toList());
    assertEquals(1, Files.exists(out) ? out.getParent().toFile().list().length : 0);
  }

  @Test
  void examplesAreNotReplacedByAnswers() {
    String data = file("mine.tsv", "text", "the cat");
    String before = TinyFolder.read(Path.of(data));
    assertFails(
        3,
        List.of("--out: " + data + " is what is read"),
        "predict",
        "--model",
        model(TaskType.CLASSIFICATION),
        "--data",
        data,
        "--out",
        data);
    assertEquals(before, TinyFolder.read(Path.of(data)));
  }

  @Test
  void stdinIsJsonLines() {
    InputStream before = System.in;
    String text = "{\"id\":\"a\",\"text\":\"the cat\"}\n\n{\"id\":2,\"text\":\"a dog\"}\n";
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    try {
      List<JsonNode> lines = predict(model(TaskType.CLASSIFICATION), "-");
      assertEquals(List.of("1", "3"), lines.stream().map(l -> l.path("line").toString()).toList());
      assertEquals(
          List.of("\"a\"", "2"), lines.stream().map(l -> l.path("id").toString()).toList());
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void aModelWithMemoriesAnswersToo() {
    String out = temp.resolve("with-memory").toString();
    TaskType task = TaskType.CLASSIFICATION;
    CommandRun augmented = new TinyModels(model(task), "").augment(Path.of(out));
    assertEquals(0, augmented.exitCode(), augmented.err());
    assertEquals(predict(model(task), data(task)), predict(out, data(task)));
    JsonNode metrics =
        TinyFolder.json(good("evaluate", "--model", out, "--data", data(task), "--json").out())
            .path("metrics");
    assertEquals(evaluate(task).path("metrics"), metrics);
  }

  @Test
  void columnsAreThoseThatAreNamed() {
    String data = file("named.tsv", "key\ta\tb\tgold", "k1\tthe cat\tsits\tyes");
    String[] columns = {"--text-column", "a", "--pair-column", "b", "--id-column", "key"};
    JsonNode line = predict(model(TaskType.CLASSIFICATION), data, columns).getFirst();
    assertEquals("k1", line.path("id").asString());
    CommandRun run =
        good(
            "evaluate",
            "--model",
            model(TaskType.CLASSIFICATION),
            "--data",
            data,
            "--text-column",
            "a",
            "--label-column",
            "gold");
    assertTrue(run.out().startsWith("accuracy "), run.out());
  }

  @Test
  void badRecordsAreLeftOutWhereThatIsAllowed() {
    String data = file("bad.jsonl", "{\"text\":\"the cat\"}", "{\"text\":3}", "{\"text\":\"a\"}");
    String model = model(TaskType.CLASSIFICATION);
    CommandRun run = good("predict", "--model", model, "--data", data, "--max-bad", "1");
    List<JsonNode> lines = run.out().lines().map(TinyFolder::json).toList();
    assertEquals(List.of(1, 3), lines.stream().map(line -> line.path("line").asInt()).toList());
    assertTrue(run.err().contains("line 2: 'text' holds 3, not text"), run.err());
  }

  @Test
  void aFullDiskIsAnErrorAndAReaderThatLeavesIsNone() {
    String[] args = {"predict", "--model", model(TaskType.CHOICE), "--data", data(TaskType.CHOICE)};
    CommandRun full = CommandRun.withoutStdout("No space left on device", args);
    assertEquals(7, full.exitCode(), full.err());
    assertEquals(1, full.err().lines().count());
    assertTrue(full.err().contains("make room"), full.err());
    assertEquals(new CommandRun(0, "", ""), CommandRun.withoutStdout("Broken pipe", args));
  }

  @Test
  void whatComesBeforeABadRecordIsAnswered() {
    String text = "{\"text\":\"the cat\"}\n{\"text\":\"a dog\"}\n{\"text\":";
    String model = model(TaskType.CLASSIFICATION);
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    try {
      for (String data : List.of(file("cut.jsonl", text.split("\n")), "-")) {
        CommandRun run = CommandRun.of("predict", "--model", model, "--data", data);
        assertEquals(4, run.exitCode(), run.err());
        assertTrue(run.err().contains("line 3: broken JSON"), run.err());
        assertEquals(2, run.out().lines().count());
      }
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void whatCannotBeUsedIsAnErrorWithItsLine() {
    Map<String, List<String>> broken =
        Map.of(
            file("label.tsv", "text\tlabel", "the cat\tyes", "a dog\tyess"),
            List.of("line 3", "label 'yess' is none of no, yes; did you mean yes?"),
            file("column.tsv", "txt\tlabel", "the cat\tyes"),
            List.of("column.tsv", "txt, label", "columns.text"),
            file("type.jsonl", "{\"text\":[1],\"label\":\"yes\"}"),
            List.of("line 1", "'text' holds [1], not text"),
            file("json.jsonl", "{\"text\":\"a\",\"label\":\"yes\"}", "{\"text\":\"a\""),
            List.of("line 2", "broken JSON"),
            file("empty.tsv", "text\tlabel", "the cat\tyes", "\tno"),
            List.of("line 3", "'text' is empty"),
            file("unlabelled.tsv", "text\tlabel", "the cat\t"),
            List.of("line 2", "'label' is empty"));
    broken.forEach((data, parts) ->
        assertFails(
            4, parts, "evaluate", "--model", model(TaskType.CLASSIFICATION), "--data", data));
    assertFails(
        4,
        List.of("there is no such file"),
        "predict",
        "--model",
        model(TaskType.CLASSIFICATION),
        "--data",
        "none.tsv");
  }

  @Test
  void modelAndDataHaveToFit() {
    String data = data(TaskType.CLASSIFICATION);
    String model = model(TaskType.CLASSIFICATION);
    assertFails(
        3,
        List.of("--task: tokens, but the head of " + model + " is for classification"),
        "evaluate",
        "--model",
        model,
        "--data",
        data,
        "--task",
        "tokens");
    assertFails(
        2,
        List.of("did you mean multi-label?"),
        "evaluate",
        "--model",
        model,
        "--data",
        data,
        "--task",
        "multilabel");
    assertFails(3, List.of("--stream"), "evaluate", "--model", model, "--data", data, "--stream");
    assertFails(3, List.of("--seed"), "evaluate", "--model", model, "--data", data, "--seed", "2");
    assertFails(
        3,
        List.of("--label-separator"),
        "evaluate",
        "--model",
        plain,
        "--data",
        data,
        "--label-separator",
        ";");
    assertFails(
        3,
        List.of("--documents"),
        "evaluate",
        "--model",
        model,
        "--data",
        data,
        "--documents",
        "file");
    assertFails(2, List.of("--data"), "evaluate", "--model", model);
    assertFails(4, List.of("text"), "evaluate", "--model", plain, "--data", data);
    assertFails(
        3,
        List.of("--task: causal, but " + plain, "masked language model"),
        "evaluate",
        "--model",
        plain,
        "--data",
        data,
        "--task",
        "causal");
    assertFails(3, List.of("no head for a task"), "predict", "--model", plain, "--data", data);
    String text = file("text.txt", "the cat sits on the tree");
    assertFalse(good("evaluate", "--model", plain, "--text", text).out().isEmpty());
    String[] sentences = {
      "evaluate", "--model", plain, "--data", data, "--task", "masked", "--text-column", "sentence"
    };
    JsonNode json =
        TinyFolder.json(
            good(Stream.concat(Stream.of(sentences), Stream.of("--json")).toArray(String[]::new))
                .out());
    assertEquals(2, json.path("examples").asInt());
    assertEquals(json.path("loss"), json.path("metrics").path("loss"));
  }
}
