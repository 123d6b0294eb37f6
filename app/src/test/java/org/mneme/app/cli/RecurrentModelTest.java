package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.good;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// From text to a measured model that remembers: `mneme tokenizer train`, `train`, `evaluate`.
class RecurrentModelTest {
  @TempDir private static Path temp;
  private static String text = "";
  private static String model = "";

  @BeforeAll
  static void train() {
    text = TinyFolder.text(temp.resolve("text.txt"), 60, 1).toString();
    String tokenizer = tokenizer("characters");
    Path run = temp.resolve("run");
    good(
        "train",
        "transformer-xl",
        "--set",
        "model.tokenizer=" + tokenizer,
        "--set",
        "model.new={type: transformer-xl, dim: 16, layers: 2, heads: 2, memoryLength: 24}",
        "--set",
        "data={train: {path: %s, documents: file}, dev: %s, batches: {layout: segments,"
                .formatted(text, text)
            + " tokensPerBatch: 64, maxLength: 16}}",
        "--set",
        "train={stop: {steps: 12}, evaluateEvery: 4, secondPhase: {atStep: 6}}",
        "--out",
        run.toString());
    model = run.resolve("final").toString();
  }

  private static String tokenizer(String kind, String... more) {
    Path out = temp.resolve("tokenizer-" + kind);
    List<String> arguments =
        new ArrayList<>(
            List.of("tokenizer", "train", text, "--kind", kind, "--out", out.toString()));
    arguments.addAll(List.of(more));
    good(arguments.toArray(String[]::new));
    return out.toString();
  }

  private static JsonNode evaluate(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("evaluate", "--model", model, "--text", text, "--json"));
    arguments.addAll(List.of(more));
    return TinyFolder.json(good(arguments.toArray(String[]::new)).out());
  }

  @ParameterizedTest
  @CsvSource({"bytelevel, 300", "wordpiece, 60", "bytes, 0", "characters, 0", "words, 0"})
  void everyKindOfTokenizerIsWritten(String kind, int vocabulary) throws IOException {
    Path out = temp.resolve("kind-" + kind);
    CommandRun run =
        good(
            "tokenizer",
            "train",
            text,
            "--kind",
            kind,
            "--vocabulary",
            Integer.toString(vocabulary),
            "--out",
            out.toString(),
            "--json");
    JsonNode json = TinyFolder.json(run.out());
    assertEquals(kind, json.path("kind").asString());
    int tokens = json.path("vocabulary").asInt();
    assertTrue(vocabulary == 0 || tokens <= vocabulary, json.toString());
    JsonNode written = TinyFolder.json(out.resolve("tokenizer.json"));
    assertEquals(tokens, written.path("model").path("vocab").size());
    long characters = Files.readAllLines(Path.of(text)).stream().mapToInt(String::length).sum();
    assertEquals(characters, json.path("characters").asLong());
    assertTrue(Files.exists(out.resolve("tokenizer_config.json")));
  }

  @Test
  void whatMakesNoTokenizerIsSaidAndNothingIsWritten() throws IOException {
    Path out = temp.resolve("none");
    String[] arguments = {"tokenizer", "train", text, "--kind", "bytelevel", "--out", "" + out};
    CommandRun small = CommandRun.of(arguments);
    assertEquals(3, small.exitCode());
    assertTrue(small.err().contains("0 has no room for 256 bytes"), small.err());
    Path blank = Files.writeString(temp.resolve("blank.txt"), "\n \n");
    arguments[2] = blank.toString();
    arguments[4] = "words";
    CommandRun empty = CommandRun.of(arguments);
    assertEquals(4, empty.exitCode());
    assertTrue(empty.err().contains("no line holds text"), empty.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void theFiguresAgreeWithEachOther() throws IOException {
    JsonNode json = evaluate("--documents", "file");
    String whole = Files.readString(Path.of(text));
    assertEquals(whole.length(), json.path("characters").asInt());
    assertEquals(whole.length(), json.path("targets").asInt());
    double loss = json.path("loss").asDouble();
    assertEquals(loss / Math.log(2), json.path("bitsPerCharacter").asDouble(), 1e-9);
    assertEquals(Math.exp(loss), json.path("perplexity").asDouble(), 1e-9);
    assertEquals(json.path("loss"), json.path("metrics").path("loss"));
    String line = good("evaluate", "--model", model, "--text", text).out();
    assertTrue(line.contains("bits per character"), line);
  }

  @Test
  void aRunGoesOnInSegments() {
    String out = temp.resolve("goes-on").toString();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "transformer-xl",
                "--set",
                "model.tokenizer=" + tokenizer("bytes"),
                "--set",
                "model.new={type: transformer-xl, dim: 16, layers: 2, heads: 2,"
                    + " memoryLength: 24}",
                "--set",
                "data={train: %s, dev: %s}".formatted(text, text),
                "--set",
                "data.batches={layout: lines, tokensPerBatch: 64, maxLength: 64}",
                "--set",
                "train={stop: {steps: 2}, evaluateEvery: 2}",
                "--out",
                out));
    good(arguments.toArray(String[]::new));
    arguments.addAll(
        List.of(
            "--set", "data.batches={layout: segments, tokensPerBatch: 64, maxLength: 16}",
            "--set", "train.stop.steps=4",
            "--resume", "auto"));
    CommandRun on = good(arguments.toArray(String[]::new));
    assertTrue(on.err().contains("data.batches.layout: segments, was lines"), on.err());
  }

  /// This run was trained on whole files.
  @Test
  void documentsEndAsTheyDidInTraining() {
    JsonNode asTrained = evaluate();
    assertEquals("file", asTrained.path("documents").asString());
    assertEquals(evaluate("--documents", "file").path("loss"), asTrained.path("loss"));
    JsonNode byLine = evaluate("--documents", "line");
    assertEquals("line", byLine.path("documents").asString());
    assertNotEquals(byLine.path("loss"), asTrained.path("loss"));
  }

  /// Without memory the segments are read apart, whatever their length.
  @ParameterizedTest
  @ValueSource(strings = {"0", "5", "100"})
  void everyTokenIsGuessedOnceWhateverIsRemembered(String memory) {
    JsonNode json = evaluate("--memory-length", memory, "--max-length", "7", "--batch-size", "3");
    assertEquals(evaluate().path("targets"), json.path("targets"));
    if (memory.equals("0")) {
      assertNotEquals(evaluate().path("loss"), json.path("loss"));
    }
  }

  @Test
  void sentencesThatItHasReadAreMoreLikelyThanTheSameBackwards() throws IOException {
    List<String> lines = Files.readAllLines(Path.of(text)).subList(0, 20);
    List<String> pairs = new ArrayList<>(List.of("sentence_good\tsentence_bad\tid"));
    for (String line : lines) {
      pairs.add(line + "\t" + new StringBuilder(line).reverse() + "\tx");
    }
    Path file = Files.write(temp.resolve("pairs.tsv"), pairs);
    JsonNode json =
        TinyFolder.json(
            good(
                    "evaluate",
                    "--task",
                    "minimal-pairs",
                    "--model",
                    model,
                    "--data",
                    file.toString(),
                    "--json")
                .out());
    assertEquals(20, json.path("examples").asInt());
    double accuracy = json.path("metrics").path("accuracy").asDouble();
    assertTrue(accuracy >= 0 && accuracy <= 1, json.toString());
    CommandRun wrong =
        CommandRun.of(
            "evaluate",
            "--task",
            "minimal-pairs",
            "--model",
            model,
            "--data",
            text,
            "--format",
            "tsv");
    assertEquals(4, wrong.exitCode());
    assertTrue(wrong.err().contains("sentence_good"), wrong.err());
  }

  @Test
  void aGpt2ReadsLinesOrOneText() {
    String gpt2 = TinyFolder.causal(temp.resolve("gpt2")).toString();
    JsonNode lines =
        TinyFolder.json(good("evaluate", "--model", gpt2, "--text", text, "--json").out());
    assertTrue(lines.path("bitsPerByte").asDouble() > 0, lines.toString());
    JsonNode stream =
        TinyFolder.json(
            good(
                    "evaluate",
                    "--model",
                    gpt2,
                    "--text",
                    text,
                    "--json",
                    "--stream",
                    "--max-length",
                    "32",
                    "--stride",
                    "8")
                .out());
    assertTrue(stream.path("bitsPerByte").asDouble() > 0, stream.toString());
    CommandRun wrong =
        CommandRun.of(
            "evaluate", "--model", gpt2, "--text", text, "--memory-length", "8", "--stream");
    assertEquals(3, wrong.exitCode());
    assertTrue(wrong.err().contains("remembers no segments"), wrong.err());
  }
}
