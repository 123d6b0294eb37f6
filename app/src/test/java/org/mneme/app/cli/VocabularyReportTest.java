package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.assertFails;
import static org.mneme.app.cli.CommandRun.good;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

class VocabularyReportTest {
  @TempDir private static Path temp = Path.of("");
  private static TinyModels models = TinyModels.NONE;

  @BeforeAll
  static void prepare() {
    models = TinyModels.encoder(temp);
  }

  @Test
  void columnsOfUsualNamesAreFound() throws IOException {
    Path pairs =
        Files.writeString(
            temp.resolve("usual.tsv"), "label\tpremise\thypothesis\nsits\tthe cat\tthe dog\n");
    Path one = Files.writeString(temp.resolve("usual.jsonl"), "{\"sentence\": \"the bird\"}\n");
    JsonNode json = report("--data", pairs.toString(), one.toString(), "--json");
    assertEquals(6, json.path("tokens").asInt());
    assertEquals(4, json.path("used").asInt()); // the, cat, dog, bird
    Path other = Files.writeString(temp.resolve("unusual.tsv"), "a\tb\nthe\tcat\n");
    String[] args = {"vocabulary", "report", "--model", models.plain(), "--data", other.toString()};
    assertFails(4, List.of("unusual.tsv", "has no column 'text'; name one of a, b"), args);
  }

  @Test
  void ofLabelledExamplesTextsAloneAreCounted() throws IOException {
    Path conll = Files.writeString(temp.resolve("words.conll"), "the\tO\ncat\tB-dog\n\nbird\tO\n");
    String[] args = {"--data", conll.toString(), "--json"};
    assertTrue(report(args).path("used").asInt() > 3);
    JsonNode words = report("--task", "tokens", "--data", conll.toString(), "--json");
    assertEquals(3, words.path("tokens").asInt());
    assertEquals(3, words.path("used").asInt()); // the, cat, bird
    Path squad =
        Files.writeString(
            temp.resolve("questions.json"),
            "{\"data\": [{\"title\": \"dog\", \"paragraphs\": [{\"context\": \"the cat\","
                + " \"qas\": [{\"id\": \"1\", \"question\": \"the bird\"}]}]}]}");
    JsonNode asked = report("--task", "questions", "--data", squad.toString(), "--json");
    assertEquals(4, asked.path("tokens").asInt());
    assertEquals(3, asked.path("used").asInt()); // the, cat, bird
    assertFails(
        3,
        List.of("--column", "leave out --task or this"),
        List.of(
                "vocabulary",
                "report",
                "--model",
                models.plain(),
                "--task",
                "tokens",
                "--column",
                "text",
                "--data",
                conll.toString())
            .toArray(String[]::new));
  }

  @Test
  void figuresAreThoseOfTheTokens() throws IOException {
    Path pairs =
        Files.writeString(
            temp.resolve("pairs.tsv"), "first\tsecond\nthe cat\tthe dog\nthe cat sits\tthe\n");
    Path plain = Files.writeString(temp.resolve("plain.txt"), "the bird\n");
    JsonNode json =
        report(
            "--data", pairs.toString(), plain.toString(), "--column", "first", "second", "--json");
    assertEquals(
        List.of(
            "model",
            "vocabulary",
            "used",
            "kept",
            "tokens",
            "dim",
            "bytesSaved",
            "saved",
            "stopped",
            "coverage",
            "sources"),
        List.copyOf(json.propertyNames()));
    assertEquals(104, json.path("vocabulary").asInt());
    assertEquals(16, json.path("dim").asInt());
    assertEquals(5, json.path("used").asInt()); // the, cat, dog, sits, bird
    assertEquals(10, json.path("kept").asInt()); // and the five special ones
    assertEquals(10, json.path("tokens").asInt());
    assertEquals(94 * 17 * 16, json.path("bytesSaved").asLong()); // dim and a bias, 16 bytes each
    assertEquals(94 * 16 * 16, json.path("saved").path("embeddings").asLong());
    assertEquals(0, json.path("saved").path("decoder").asLong());
    assertEquals(94 * 16, json.path("saved").path("decoderBias").asLong());
    JsonNode coverage = json.path("coverage");
    assertEquals(5, coverage.size());
    assertEquals(0.5, coverage.path(0).path("share").asDouble()); // the
    assertEquals(1, coverage.path(4).path("share").asDouble());
    JsonNode source = json.path("sources").path(0);
    assertEquals(pairs.toString(), source.path("source").asString());
    assertEquals(8, source.path("tokens").asInt());
    assertEquals(4, source.path("used").asInt());
    assertEquals(95 * 17 * 16, source.path("bytesSaved").asLong());
    assertEquals(2, json.path("sources").path(1).path("tokens").asInt());
  }

  @Test
  void theTableHasALineASourceAndThePageTheTokens() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("texts"));
    Files.copy(Path.of(models.text()), folder.resolve("a.txt"));
    Path page = temp.resolve("page.html");
    CommandRun run =
        good(
            "vocabulary",
            "report",
            "--model",
            models.plain(),
            "--data",
            models.text(),
            folder.toString(),
            "--out",
            page.toString());
    assertTrue(run.out().contains("all together"), run.out());
    assertTrue(run.out().contains(folder.toString()), run.out());
    assertTrue(run.out().contains("Page: " + page), run.out());
    String text = TinyFolder.page(page).getDocumentElement().getTextContent();
    assertTrue(text.contains("Most frequent"), "no frequent tokens on the page");
    assertTrue(text.contains("Unused, 24 of"), "no unused tokens on the page");
    assertTrue(text.contains("vocabulary report --model"), "no command line on the page");
  }

  @Test
  void dataAreNotReplacedByThePage() throws IOException {
    Path data = Files.writeString(temp.resolve("page.txt"), "the cat sits\n");
    CommandRun run =
        CommandRun.of(
            "vocabulary",
            "report",
            "--model",
            models.plain(),
            "--data",
            data.toString(),
            "--out",
            temp.resolve(".").resolve("page.txt").toString());
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("page.txt is what is read"), run.err());
    assertEquals("the cat sits\n", Files.readString(data));
  }

  @Test
  void dataWithoutTextAreRefused() throws IOException {
    Path empty = Files.writeString(temp.resolve("empty.txt"), "\n\n");
    String[] args = {"vocabulary", "report", "--model", models.plain(), "--data", ""};
    args[5] = empty.toString();
    assertFails(4, List.of("empty.txt", "no line holds text"), args);
    args[5] = temp.resolve("none.txt").toString();
    assertFails(4, List.of("none.txt", "no such file"), args);
  }

  private static JsonNode report(String... more) {
    List<String> args = new ArrayList<>(List.of("vocabulary", "report"));
    args.addAll(List.of("--model", models.plain()));
    args.addAll(List.of(more));
    return TinyFolder.json(good(args.toArray(String[]::new)).out());
  }
}
