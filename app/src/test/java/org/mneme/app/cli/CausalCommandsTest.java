package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.good;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// The commands that read a model, on a causal one, with a memory and without.
class CausalCommandsTest {
  @TempDir private static Path temp;
  private static TinyModels models = TinyModels.NONE;
  private static String augmented = "";

  @BeforeAll
  static void write() {
    models = TinyModels.causal(temp);
    augmented = models.augmented(temp.resolve("augmented"));
  }

  private static JsonNode evaluate(String model) {
    return TinyFolder.json(
        good("evaluate", "--model", model, "--text", models.text(), "--json").out());
  }

  @Test
  void evaluateGuessesEveryTokenButTheFirstOfALine() {
    JsonNode json = evaluate(models.plain());
    assertEquals(60, json.path("lines").asInt());
    assertEquals(json.path("tokens").asInt() - 60, json.path("targets").asInt());
    assertEquals(Math.log(104), json.path("loss").asDouble(), 0.2);
    assertEquals(Math.exp(json.path("loss").asDouble()), json.path("perplexity").asDouble(), 1e-6);
    assertTrue(json.path("accuracy").asDouble() >= 0);
    String line = good("evaluate", "--model", models.plain(), "--text", models.text()).out();
    assertTrue(line.contains("guessed of"), line);
  }

  @Test
  void aFreshMemoryChangesNoScore() {
    JsonNode before = evaluate(models.plain());
    JsonNode after = evaluate(augmented);
    for (String figure : List.of("loss", "accuracy", "targets", "tokens")) {
      assertEquals(before.path(figure), after.path(figure), figure);
    }
  }

  @Test
  void queriesAreNotInBatchNormUnlessAskedFor() {
    JsonNode config = TinyFolder.json(Path.of(augmented, "config.json"));
    assertEquals("layer", config.path("memory").path("layer").path("queryNorm").asString());
    CommandRun run = models.augment(temp.resolve("batch"), "--query-norm", "BATCH");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("--query-norm layer"), run.err());
    assertNotEquals(0, run.err().lines().count());
  }

  @Test
  void inspectShowsHowTheMemoriesAreUsed() {
    String out = temp.resolve("inspected").toString();
    JsonNode json =
        TinyFolder.json(
            good("inspect", augmented, "--text", models.text(), "--out", out, "--json").out());
    assertEquals(2, json.path("layers").size());
    assertEquals(json.path("tokens").asInt(), json.path("layers").path(0).path("tokens").asInt());
    assertTrue(Files.exists(Path.of(out, "usage.html")));
  }

  @Test
  void whatNeedsAnEncoderSaysSo() {
    for (List<String> args :
        List.of(
            List.of("fill-mask", "--model", models.plain(), "[MASK]"),
            List.of("embed", "--model", models.plain(), models.text()))) {
      CommandRun run = CommandRun.of(args.toArray(String[]::new));
      assertEquals(3, run.exitCode(), run.err());
      assertTrue(run.err().contains("is a causal model"), run.err());
      assertFalse(run.err().contains("\tat "), run.err());
    }
  }
}
