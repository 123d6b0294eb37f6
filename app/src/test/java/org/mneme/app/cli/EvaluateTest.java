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
  private static TinyModels models = TinyModels.NONE;

  @BeforeAll
  static void write() {
    models = TinyModels.encoder(temp);
  }

  @Test
  void evaluateGivesTheFiguresOfTheSeed() {
    JsonNode json = evaluate(models.plain());
    assertEquals(Math.log(104), json.path("loss").asDouble(), 0.2);
    assertEquals(Math.exp(json.path("loss").asDouble()), json.path("perplexity").asDouble(), 1e-6);
    assertTrue(json.path("accuracy").asDouble() >= 0 && json.path("accuracy").asDouble() <= 1);
    assertEquals(60, json.path("lines").asInt());
    assertTrue(json.path("tokens").asInt() >= 60 * 8);
    assertEquals(json.path("loss"), evaluate(models.plain()).path("loss"));
    assertNotEquals(json.path("loss"), evaluate(models.plain(), "--seed", "2").path("loss"));
    assertTrue(
        evaluate(models.plain(), "--mask-probability", "0.5").path("targets").asInt()
            > json.path("targets").asInt());
    String line = good("evaluate", "--model", models.plain(), "--text", models.text()).out();
    assertTrue(line.startsWith("loss 4."), line);
  }

  private static JsonNode evaluate(String model, String... more) {
    List<String> args =
        new ArrayList<>(List.of("evaluate", "--model", model, "--text", models.text(), "--json"));
    args.addAll(List.of(more));
    return TinyFolder.json(good(args.toArray(String[]::new)).out());
  }

  @Test
  void aFreshMemoryChangesNoScore() {
    assertScoresOfThePlainModel(models.augmented(temp.resolve("augmented")));
  }

  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void aFreshMemoryOfAnyTypeChangesNoScore(MemoryType type) {
    String out = temp.resolve("fresh-" + type).toString();
    boolean flat = type == MemoryType.FLAT_KEY;
    good(
        "augment",
        models.plain(),
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
        TinyFolder.json(
            good("inspect", out, "--text", models.text(), "--out", pages, "--json").out());
    assertEquals(2, usage.path("layers").size());
  }

  private static void assertScoresOfThePlainModel(String model) {
    JsonNode before = evaluate(models.plain());
    JsonNode after = evaluate(model);
    for (String figure : List.of("loss", "accuracy", "perplexity", "targets", "tokens", "lines")) {
      assertEquals(before.get(figure), after.get(figure), figure);
    }
  }
}
