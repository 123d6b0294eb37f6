package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.assertFails;
import static org.mneme.app.cli.CommandRun.good;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// The commands that use an encoder, on a tiny one: vectors of texts, words for masks.
class EncoderCommandsTest {
  @TempDir private static Path temp;
  private static TinyModels models = TinyModels.NONE;

  @BeforeAll
  static void write() {
    models = TinyModels.encoder(temp);
  }

  private static List<JsonNode> embed(String... args) {
    List<String> all = new ArrayList<>(List.of("embed", "--model", models.plain()));
    all.addAll(List.of(args));
    return good(all.toArray(String[]::new)).out().lines().map(TinyFolder::json).toList();
  }

  @Test
  void embedKeepsTheOrderAndEmptyLines() {
    List<String> lines = List.of("the cat sits on the tree", "", "dog", "the river flows", "dog");
    Path file = TinyFolder.write(temp.resolve("lines.txt"), lines);
    List<JsonNode> vectors = embed(file.toString());
    assertEquals(lines, vectors.stream().map(v -> v.path("text").asString()).toList());
    for (JsonNode vector : vectors) {
      assertEquals(Set.of("text", "embedding"), Set.copyOf(vector.propertyNames()));
      assertEquals(16, vector.path("embedding").size());
      assertEquals(1, squares(vector), 1e-5);
    }
    assertEquals(vectors.get(2).path("embedding"), vectors.get(4).path("embedding"));
    assertNotEquals(vectors.get(0).path("embedding"), vectors.get(3).path("embedding"));
    assertTrue(Math.abs(squares(embed(file.toString(), "--no-normalize").getFirst()) - 1) > 0.1);
    assertNotEquals(
        vectors.getFirst().path("embedding"),
        embed(file.toString(), "--pooling", "cls").getFirst().path("embedding"));
    assertEquals(
        List.of(), embed(TinyFolder.write(temp.resolve("none.txt"), List.of()).toString()));
  }

  private static double squares(JsonNode vector) {
    return vector
        .path("embedding")
        .valueStream()
        .mapToDouble(x -> x.asDouble() * x.asDouble())
        .sum();
  }

  @Test
  void embedReadsMoreLinesThanItHoldsAtOnce() {
    Path file = TinyFolder.text(temp.resolve("many.txt"), 9000, 4);
    List<JsonNode> vectors = embed(file.toString(), "--batch-size", "128");
    assertEquals(
        TinyFolder.read(file).lines().toList(),
        vectors.stream().map(v -> v.path("text").asString()).toList());
  }

  @Test
  void embedWritesWhatItReadBeforeALineThatIsWrong() {
    List<String> lines = new ArrayList<>(Collections.nCopies(4096, "{\"text\": \"dog\"}"));
    lines.add("{oh");
    Path file = TinyFolder.write(temp.resolve("late.jsonl"), lines);
    CommandRun run = CommandRun.of("embed", "--model", models.plain(), file.toString());
    assertEquals(4, run.exitCode(), run.err());
    assertTrue(run.err().contains(file + ":4097: the line is not JSON"), run.err());
    assertEquals(4096, run.out().lines().count());
  }

  @Test
  void embedReadsJsonLines() {
    Path file =
        TinyFolder.write(
            temp.resolve("lines.jsonl"),
            List.of(
                "{\"text\": \"dog\", \"title\": \"cat\"}",
                "{\"title\": \"bird\", \"text\": \"\"}"));
    Path texts = TinyFolder.write(temp.resolve("dog.txt"), List.of("dog", "", "cat", "bird"));
    List<JsonNode> expected = embed(texts.toString());
    assertEquals(expected.subList(0, 2), embed(file.toString()));
    assertEquals(expected.subList(2, 4), embed(file.toString(), "--field", "title"));
  }

  @Test
  void embedNamesTheLineThatIsWrong() throws IOException {
    Path file = TinyFolder.write(temp.resolve("bad.jsonl"), List.of("{\"text\": \"dog\"}", "{oh"));
    assertFails(
        4, List.of(file + ":2", "JSON"), "embed", "--model", models.plain(), file.toString());
    TinyFolder.write(file, List.of("{\"text\": 3}"));
    assertFails(
        4, List.of(file + ":1", "--field"), "embed", "--model", models.plain(), file.toString());
    TinyFolder.write(file, List.of("{\"text\": \"dog\"}", ""));
    assertFails(4, List.of(file + ":2"), "embed", "--model", models.plain(), file.toString());
    Path latin = temp.resolve("latin.txt");
    Files.write(latin, "dog\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    assertFails(
        4,
        List.of(latin.toString(), "UTF-8"),
        "embed",
        "--model",
        models.plain(),
        latin.toString());
    String missing = temp.resolve("missing.txt").toString();
    assertFails(4, List.of(missing, "no such file"), "embed", "--model", models.plain(), missing);
    assertFails(
        4, List.of(temp.toString(), "folder"), "embed", "--model", models.plain(), temp.toString());
    assertFails(
        3,
        List.of("--batch-size"),
        "embed",
        "--model",
        models.plain(),
        "--batch-size",
        "0",
        models.text());
  }

  @Test
  void fillMaskProposesWords() {
    String words = "the [MASK] sits on the [MASK]";
    JsonNode json =
        TinyFolder.json(
            good("fill-mask", "--model", models.plain(), words, "--top", "3", "--json").out());
    assertEquals(words, json.path("text").asString());
    assertEquals(2, json.path("masks").size());
    for (JsonNode mask : json.path("masks")) {
      assertEquals(3, mask.size());
      double last = 1;
      for (JsonNode proposal : mask) {
        assertEquals(
            Set.of("id", "token", "score", "sequence"), Set.copyOf(proposal.propertyNames()));
        assertTrue(proposal.path("score").asDouble() <= last);
        last = proposal.path("score").asDouble();
        assertFalse(proposal.path("sequence").asString().contains("[MASK]"));
      }
    }
    List<String> lines =
        good("fill-mask", "--model", models.plain(), words, "--top", "2").out().lines().toList();
    assertEquals(6, lines.size());
    assertEquals("mask 2", lines.get(3));
    assertTrue(lines.get(1).matches(" *\\d+\\.\\d\\d %  \\S+ +\\S.*"), lines.get(1));
  }

  @Test
  void fillMaskNamesWhatIsWrong() {
    assertFails(4, List.of("[MASK]"), "fill-mask", "--model", models.plain(), "the cat");
    assertFails(
        4,
        List.of("40", "truncate"),
        "fill-mask",
        "--model",
        models.plain(),
        "[MASK] " + "cat ".repeat(60));
    assertFails(
        3, List.of("--top"), "fill-mask", "--model", models.plain(), "[MASK]", "--top", "0");
  }
}
