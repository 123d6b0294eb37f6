package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.good;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.app.TinyFolder;
import org.mneme.memory.MemoryType;
import tools.jackson.databind.JsonNode;

/// `mneme evaluate`, on a tiny model with memories and without.
class EvaluateTest {
  @TempDir private static Path temp;
  private static String plain = "";
  private static String text = "";

  @BeforeAll
  static void write() {
    plain = TinyFolder.model(temp.resolve("plain")).toString();
    text = TinyFolder.text(temp.resolve("text.txt"), 60, 1).toString();
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

  private static JsonNode evaluate(String model, String... more) {
    List<String> args =
        new ArrayList<>(List.of("evaluate", "--model", model, "--text", text, "--json"));
    args.addAll(List.of(more));
    return TinyFolder.json(good(args.toArray(String[]::new)).out());
  }

  @Test
  void aFreshMemoryChangesNoScore() {
    String augmented = temp.resolve("augmented").toString();
    assertEquals(0, SmallMemory.add(plain, augmented).exitCode());
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

  private static void assertScoresOfThePlainModel(String model) {
    JsonNode before = evaluate(plain);
    JsonNode after = evaluate(model);
    for (String figure : List.of("loss", "accuracy", "perplexity", "targets", "tokens", "lines")) {
      assertEquals(before.get(figure), after.get(figure), figure);
    }
  }
}
