package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.good;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// `mneme augment`: what it tells, writes and refuses.
class AugmentTest {
  @TempDir private static Path temp;
  private static TinyModels models = TinyModels.NONE;

  @BeforeAll
  static void write() {
    models = TinyModels.encoder(temp);
  }

  @Test
  void augmentTellsWhatItAdded() {
    Path out = temp.resolve("told");
    JsonNode json = TinyFolder.json(models.augment(out, "--json").out());
    assertEquals(64, json.path("slots").asInt());
    assertEquals(out.toString(), json.path("model").asString());
    assertEquals("[0,1]", json.path("layers").toString());
    // query 16 x 16 + 16, batch norm 2 x 16, half-keys 2 x 2 x 8 x 4, values 64 x 16, in two blocks
    int each = 16 * 16 + 16 + 2 * 16 + 2 * 2 * 8 * 4 + 64 * 16;
    assertEquals(2 * each, json.path("addedParameters").asInt());
    String line = models.augment(temp.resolve("told-too")).out();
    assertTrue(line.contains("%,d of them new".formatted(2 * each)), line);
  }

  @Test
  void augmentReplacesAFolderWhereThatIsAllowed() {
    Path out = temp.resolve("twice");
    assertEquals(0, models.augment(out).exitCode());
    CommandRun run = models.augment(out);
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains(out + " exists and is not empty"), run.err());
    assertEquals(0, models.augment(out, "--overwrite").exitCode());
  }

  @Test
  void augmentDoesNotReplaceTheModelItself() {
    for (String same : List.of(models.plain(), models.plain() + "/.")) {
      CommandRun run = models.augment(Path.of(same));
      assertEquals(3, run.exitCode(), run.err());
      assertTrue(run.err().contains("--out"), run.err());
      assertTrue(run.err().contains("is what is read"), run.err());
      assertTrue(run.err().contains("name another"), run.err());
    }
  }

  @Test
  void augmentTellsWhatFoundNoPlace() {
    Path out = temp.resolve("replaced");
    CommandRun run = models.augment(out, "--placement", "replace");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("unexpected (8)"), run.err());
    assertTrue(run.err().contains("intermediate.dense.weight"), run.err());
    assertEquals("", models.augment(temp.resolve("beside")).err());
    assertEquals(
        0, good("evaluate", "--model", out.toString(), "--text", models.text()).err().length());
  }

  @Test
  void augmentWritesTheSettingsItWasGiven() {
    Path out = temp.resolve("settings");
    CommandRun run =
        models.augment(
            out,
            "--query-norm",
            "layer",
            "--score-scale",
            "3",
            "--values",
            "normal",
            "--read-at",
            "targets");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode memory = TinyFolder.json(out.resolve("config.json")).path("memory");
    assertEquals("targets", memory.path("readAt").asString());
    assertEquals("beside", memory.path("placement").asString());
    JsonNode layer = memory.path("layer");
    assertEquals("layer", layer.path("queryNorm").asString());
    assertEquals("normal", layer.path("valueInit").asString());
    assertEquals(3, layer.path("scoreActivation").path("start").asDouble());
    Path dense = temp.resolve("settings-dense");
    assertEquals(0, models.augment(dense, "--dense").exitCode());
    assertEquals(
        "dense",
        TinyFolder.json(dense.resolve("config.json"))
            .path("memory")
            .path("layer")
            .path("type")
            .asString());
  }

  @Test
  void theDenseControlIsOneOfTheMemoryAskedFor() {
    JsonNode usual = control("product-key", "--dense");
    assertEquals(usual, control("dense"));
    assertTrue(usual.path("hidden").asInt() < control("peer", "--dense").path("hidden").asInt());
  }

  private static JsonNode control(String type, String... more) {
    String out = temp.resolve("control").toString();
    List<String> args =
        new ArrayList<>(
            List.of("augment", models.plain(), "--layers", "0", "--out", out, "--type", type));
    args.add("--overwrite");
    args.addAll(List.of(more));
    good(args.toArray(String[]::new));
    JsonNode layer = TinyFolder.json(Path.of(out, "config.json")).path("memory").path("layer");
    assertEquals("dense", layer.path("type").asString());
    return layer;
  }
}
