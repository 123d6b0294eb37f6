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
  private static String plain = "";
  private static String text = "";

  @BeforeAll
  static void write() {
    plain = TinyFolder.model(temp.resolve("plain")).toString();
    text = TinyFolder.text(temp.resolve("text.txt"), 60, 1).toString();
  }

  @Test
  void augmentTellsWhatItAdded() {
    String out = temp.resolve("told").toString();
    JsonNode json = TinyFolder.json(SmallMemory.add(plain, out, "--json").out());
    assertEquals(64, json.path("slots").asInt());
    assertEquals(out, json.path("model").asString());
    assertEquals("[0,1]", json.path("layers").toString());
    // query 16 x 16 + 16, batch norm 2 x 16, half-keys 2 x 2 x 8 x 4, values 64 x 16, in two blocks
    int each = 16 * 16 + 16 + 2 * 16 + 2 * 2 * 8 * 4 + 64 * 16;
    assertEquals(2 * each, json.path("addedParameters").asInt());
    String line = SmallMemory.add(plain, temp.resolve("told-too").toString()).out();
    assertTrue(line.contains("%,d of them new".formatted(2 * each)), line);
  }

  @Test
  void augmentDoesNotReplaceTheModelItself() {
    for (String same : List.of(plain, plain + "/.")) {
      CommandRun run = SmallMemory.add(plain, same);
      assertEquals(3, run.exitCode(), run.err());
      assertTrue(run.err().contains("--out"), run.err());
      assertTrue(run.err().contains("is the model itself"), run.err());
      assertTrue(run.err().contains("name another folder"), run.err());
    }
  }

  @Test
  void augmentTellsWhatFoundNoPlace() {
    String out = temp.resolve("replaced").toString();
    CommandRun run = SmallMemory.add(plain, out, "--placement", "replace");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("unexpected (8)"), run.err());
    assertTrue(run.err().contains("intermediate.dense.weight"), run.err());
    assertEquals("", SmallMemory.add(plain, temp.resolve("beside").toString()).err());
    assertEquals(0, good("evaluate", "--model", out, "--text", text).err().length());
  }

  @Test
  void augmentWritesTheSettingsItWasGiven() {
    String out = temp.resolve("settings").toString();
    CommandRun run =
        SmallMemory.add(
            plain,
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
    JsonNode memory = TinyFolder.json(Path.of(out, "config.json")).path("memory");
    assertEquals("targets", memory.path("readAt").asString());
    assertEquals("beside", memory.path("placement").asString());
    JsonNode layer = memory.path("layer");
    assertEquals("layer", layer.path("queryNorm").asString());
    assertEquals("normal", layer.path("valueInit").asString());
    assertEquals(3, layer.path("scoreActivation").path("start").asDouble());
    assertEquals(0, SmallMemory.add(plain, out + "-dense", "--dense").exitCode());
    assertEquals(
        "dense",
        TinyFolder.json(Path.of(out + "-dense", "config.json"))
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
        new ArrayList<>(List.of("augment", plain, "--layers", "0", "--out", out, "--type", type));
    args.addAll(List.of(more));
    good(args.toArray(String[]::new));
    JsonNode layer = TinyFolder.json(Path.of(out, "config.json")).path("memory").path("layer");
    assertEquals("dense", layer.path("type").asString());
    return layer;
  }
}
