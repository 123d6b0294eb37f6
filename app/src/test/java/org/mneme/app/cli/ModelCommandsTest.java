package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.app.TinyFolder;
import org.mneme.memory.MemoryType;
import tools.jackson.databind.JsonNode;

/// The commands that read a model, on a tiny one, with a memory and without.
class ModelCommandsTest {
  @TempDir private static Path temp;
  private static String plain = "";
  private static String augmented = "";
  private static String text = "";

  @BeforeAll
  static void augment() {
    plain = TinyFolder.model(temp.resolve("plain")).toString();
    text = TinyFolder.text(temp.resolve("text.txt"), 60, 1).toString();
    augmented = temp.resolve("augmented").toString();
    assertEquals(0, augment(augmented).exitCode());
  }

  private static CommandRun augment(String out, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "augment",
                plain,
                "--layers",
                "0,1",
                "--out",
                out,
                "--keys-per-side",
                "8",
                "--heads",
                "2",
                "--slots-per-head",
                "4",
                "--query-dim",
                "8"));
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }

  private static CommandRun good(String... args) {
    CommandRun run = CommandRun.of(args);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  /// Fails unless the run ended with that code and one line, which holds each of `parts`.
  private static void assertFails(int exitCode, List<String> parts, String... args) {
    CommandRun run = CommandRun.of(args);
    assertEquals(exitCode, run.exitCode(), run.err());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("mneme: "), run.err());
    for (String part : parts) {
      assertTrue(run.err().contains(part), run.err() + " lacks " + part);
    }
  }

  @Test
  void augmentTellsWhatItAdded() {
    String out = temp.resolve("told").toString();
    JsonNode json = TinyFolder.json(augment(out, "--json").out());
    assertEquals(64, json.path("slots").asInt());
    assertEquals(out, json.path("model").asString());
    assertEquals("[0,1]", json.path("layers").toString());
    // query 16 x 16 + 16, batch norm 2 x 16, half-keys 2 x 2 x 8 x 4, values 64 x 16, in two blocks
    int each = 16 * 16 + 16 + 2 * 16 + 2 * 2 * 8 * 4 + 64 * 16;
    assertEquals(2 * each, json.path("addedParameters").asInt());
    String line = augment(temp.resolve("told-too").toString()).out();
    assertTrue(line.contains("%,d of them new".formatted(2 * each)), line);
  }

  @Test
  void augmentDoesNotReplaceTheModelItself() {
    for (String same : List.of(plain, plain + "/.")) {
      CommandRun run = augment(same);
      assertEquals(3, run.exitCode(), run.err());
      assertTrue(run.err().contains("--out"), run.err());
      assertTrue(run.err().contains("is the model itself"), run.err());
      assertTrue(run.err().contains("name another folder"), run.err());
    }
  }

  @Test
  void augmentTellsWhatFoundNoPlace() {
    String out = temp.resolve("replaced").toString();
    CommandRun run = augment(out, "--placement", "replace");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("unexpected (8)"), run.err());
    assertTrue(run.err().contains("intermediate.dense.weight"), run.err());
    assertEquals("", augment(temp.resolve("beside").toString()).err());
    assertEquals(0, good("evaluate", "--model", out, "--text", text).err().length());
  }

  @Test
  void augmentWritesTheSettingsItWasGiven() {
    String out = temp.resolve("settings").toString();
    CommandRun run =
        augment(
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
    assertEquals(0, augment(out + "-dense", "--dense").exitCode());
    assertEquals(
        "dense",
        TinyFolder.json(Path.of(out + "-dense", "config.json"))
            .path("memory")
            .path("layer")
            .path("type")
            .asString());
  }

  private static void assertScoresOfThePlainModel(String model) {
    JsonNode before = evaluate(plain);
    JsonNode after = evaluate(model);
    for (String figure : List.of("loss", "accuracy", "perplexity", "targets", "tokens", "lines")) {
      assertEquals(before.get(figure), after.get(figure), figure);
    }
  }

  @Test
  void aFreshMemoryChangesNoScore() {
    assertScoresOfThePlainModel(augmented);
  }

  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void aFreshMemoryOfAnyTypeChangesNoScore(MemoryType type) {
    String out = temp.resolve("fresh-" + type).toString();
    boolean flat = type == MemoryType.FLAT_KEY;
    good(
        "augment",
        plain,
        "--layers",
        "0,1",
        "--out",
        out,
        "--type",
        type.label(),
        flat ? "--slots" : "--keys-per-side",
        "8",
        "--slots-per-head",
        "4",
        "--shared-table",
        "one");
    JsonNode memory = TinyFolder.json(Path.of(out, "config.json")).path("memory");
    assertEquals(type.label(), memory.path("layer").path("type").asString());
    assertEquals("one", memory.path("layer").path("sharedTable").asString());
    assertScoresOfThePlainModel(out);
    String pages = temp.resolve("inspected-" + type).toString();
    JsonNode usage =
        TinyFolder.json(good("inspect", out, "--text", text, "--out", pages, "--json").out());
    assertEquals(2, usage.path("layers").size());
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

  private static JsonNode evaluate(String model, String... more) {
    List<String> args =
        new ArrayList<>(List.of("evaluate", "--model", model, "--text", text, "--json"));
    args.addAll(List.of(more));
    return TinyFolder.json(good(args.toArray(String[]::new)).out());
  }

  @Test
  void evaluateGivesTheFiguresOfTheSeed() {
    JsonNode json = evaluate(plain);
    assertEquals(Math.log(104), json.path("loss").asDouble(), 0.2);
    assertEquals(Math.exp(json.path("loss").asDouble()), json.path("perplexity").asDouble(), 1e-6);
    assertTrue(json.path("accuracy").asDouble() >= 0 && json.path("accuracy").asDouble() <= 1);
    assertEquals(60, json.path("lines").asInt());
    assertTrue(json.path("tokens").asInt() >= 60 * 8);
    assertEquals(json.path("loss"), evaluate(plain).path("loss"));
    assertNotEquals(json.path("loss"), evaluate(plain, "--seed", "2").path("loss"));
    assertTrue(
        evaluate(plain, "--mask-probability", "0.5").path("targets").asInt()
            > json.path("targets").asInt());
    String line = good("evaluate", "--model", plain, "--text", text).out();
    assertTrue(line.startsWith("loss 4."), line);
  }

  @Test
  void inspectWritesFiguresAndAPage() {
    Path out = temp.resolve("inspected");
    CommandRun run = good("inspect", augmented, "--text", text, "--out", out.toString(), "--json");
    JsonNode json = TinyFolder.json(run.out());
    assertEquals(json, TinyFolder.json(out.resolve("usage.json")));
    assertEquals(60, json.path("lines").asInt());
    assertEquals(2, json.path("layers").size());
    for (JsonNode layer : json.path("layers")) {
      assertEquals(64, layer.path("slots").asInt());
      assertEquals(json.path("tokens").asLong(), layer.path("tokens").asLong());
      assertEquals(json.path("tokens").asLong() * 2 * 4, layer.path("reads").asLong());
      assertEquals(2, layer.path("heads").size());
      double used = layer.path("used").asDouble();
      assertTrue(used > 0 && used <= 1);
      assertTrue(layer.path("top1").asDouble() <= used);
      assertReaders(layer.path("mostUsed"), layer.path("reads").asLong());
    }
    String page = TinyFolder.page(out.resolve("usage.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("layer 1, head 1"), "no heads on the page");
    assertTrue(page.contains("inspect " + augmented), "no command line on the page");
    assertTrue(page.contains("Most used slots"), "no slots on the page");
    String table = good("inspect", augmented, "--text", text, "--out", out.toString()).out();
    assertTrue(table.contains("top-1 used"), table);
    assertTrue(table.contains("  head 1"), table);
  }

  /// Slots by falling weight, each with tokens as they stand in the text.
  private static void assertReaders(JsonNode slots, long reads) {
    assertEquals(12, slots.size());
    String all = TinyFolder.read(Path.of(text));
    double last = 1;
    long read = 0;
    for (JsonNode slot : slots) {
      assertTrue(slot.path("share").asDouble() <= last);
      last = slot.path("share").asDouble();
      read += slot.path("reads").asLong();
      assertTrue(slot.path("readers").size() >= 1 && slot.path("readers").size() <= 5);
      long ofReaders = 0;
      for (JsonNode reader : slot.path("readers")) {
        assertEquals(
            Set.of("before", "token", "after", "weight", "reads"),
            Set.copyOf(reader.propertyNames()));
        assertTrue(reader.path("weight").asDouble() > 0 && reader.path("weight").asDouble() <= 1);
        String token = reader.path("token").asString();
        String own = token.startsWith("[") ? "" : token;
        String context = reader.path("before").asString() + own + reader.path("after").asString();
        assertTrue(all.contains(context.replace("…", "")), context);
        ofReaders += reader.path("reads").asLong();
      }
      assertTrue(ofReaders <= slot.path("reads").asLong());
    }
    assertTrue(read <= reads);
  }

  @Test
  void inspectWantsAMemory() {
    assertFails(3, List.of(plain, "mneme augment"), "inspect", plain, "--text", text);
  }

  @ParameterizedTest
  @CsvSource({
    "augment MODEL --layers 1 --out OUT",
    "evaluate --model MODEL --text TEXT",
    "embed --model MODEL TEXT",
    "fill-mask --model MODEL [MASK]",
    "inspect MODEL --text TEXT",
  })
  void aModelThatIsNotThereIsNamed(String line) throws IOException {
    Path missing = temp.resolve("missing-model");
    Path out = temp.resolve("never-made");
    String[] args =
        line.replace("MODEL", missing.toString())
            .replace("TEXT", text)
            .replace("OUT", out.toString())
            .split(" ");
    assertFails(5, List.of(missing.toString(), "does not exist", "config.json"), args);
    Path empty = Files.createDirectories(temp.resolve("empty-model"));
    assertFails(
        5,
        List.of(empty.toString(), "config.json"),
        line.replace("MODEL", empty.toString())
            .replace("TEXT", text)
            .replace("OUT", out.toString())
            .split(" "));
    assertFalse(Files.exists(out));
  }

  @Test
  void whatIsWrongInAModelFolderIsNamed() throws IOException {
    Path folder = TinyFolder.model(temp.resolve("damaged"));
    Files.delete(folder.resolve("tokenizer.json"));
    assertFails(
        4,
        List.of(folder.resolve("tokenizer.json").toString()),
        "evaluate",
        "--model",
        folder.toString(),
        "--text",
        text);
    Files.delete(folder.resolve("model.safetensors"));
    assertFails(
        5,
        List.of(folder.toString(), "model.safetensors"),
        "evaluate",
        "--model",
        folder.toString(),
        "--text",
        text);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"t5\"}");
    assertFails(
        3,
        List.of("t5", "bert"),
        "augment",
        folder.toString(),
        "--layers",
        "0",
        "--out",
        temp.resolve("never").toString());
    Files.writeString(folder.resolve("config.json"), "{");
    assertFails(
        3,
        List.of(folder.resolve("config.json").toString()),
        "evaluate",
        "--model",
        folder.toString(),
        "--text",
        text);
  }

  @ParameterizedTest
  @CsvSource({"evaluate --model MODEL --text TEXT", "inspect MODEL --out OUT --text TEXT"})
  void aTextThatCannotBeUsedIsNamed(String line) {
    String out = temp.resolve("never-made").toString();
    String command = line.replace("MODEL", augmented).replace("OUT", out);
    String missing = temp.resolve("missing.txt").toString();
    assertFails(4, List.of(missing, "no such file"), command.replace("TEXT", missing).split(" "));
    String blank = TinyFolder.write(temp.resolve("blank.txt"), List.of("", "  ")).toString();
    assertFails(4, List.of(blank, "no line"), command.replace("TEXT", blank).split(" "));
    String foreign =
        TinyFolder.write(temp.resolve("foreign.txt"), List.of("\u4e16 \u754c")).toString();
    assertFails(4, List.of(foreign, "tokenizer"), command.replace("TEXT", foreign).split(" "));
    assertFalse(Files.exists(Path.of(out)));
  }

  @Test
  void optionsThatCannotBeUsedAreNamed() {
    assertFails(2, List.of("--layers"), "augment", plain, "--out", temp.resolve("x").toString());
    assertFails(2, List.of("--layers", "two"), "augment", plain, "--layers", "two", "--out", "x");
    assertFails(2, List.of("--heads"), "augment", plain, "--layers", "0", "--out", "x", "--heads");
    for (String[] wrong :
        new String[][] {
          {"memory.layers", "--layers", "2"},
          {"memory.layers", "--layers", "-1"},
          {"memory.slotsPerHead", "--layers", "0", "--keys-per-side", "16"},
          {"memory.queryDim", "--layers", "0", "--query-dim", "7"},
          {"memory.scoreActivation", "--layers", "0", "--score-scale", "0"},
          {"memory.type", "--layers", "0", "--type", "product"},
          {"memory.slots", "--layers", "0", "--slots", "100"},
          {"memory.valueDim", "--layers", "0", "--value-dim", "3"},
          {"memory.output", "--layers", "0", "--output", "gate"},
        }) {
      List<String> args =
          new ArrayList<>(List.of("augment", plain, "--out", temp.resolve("x").toString()));
      args.addAll(List.of(wrong).subList(1, wrong.length));
      assertFails(3, List.of(wrong[0]), args.toArray(String[]::new));
    }
    assertFails(
        3, List.of("maxLength"), "evaluate", "--model", plain, "--text", text, "--max-length", "0");
    assertFails(
        3,
        List.of("masking.probability"),
        "evaluate",
        "--model",
        plain,
        "--text",
        text,
        "--mask-probability",
        "1.5");
    assertFails(
        3,
        List.of("memory", augmented),
        "augment",
        augmented,
        "--layers",
        "0",
        "--out",
        temp.resolve("x").toString());
    assertFalse(Files.exists(temp.resolve("x")));
  }
}
