package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.SomeRun;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

class RunsTest {
  @TempDir private static Path temp;
  private static String all = "";
  private static String one = "";
  private static String two = "";

  @BeforeAll
  static void write() {
    all = temp.toString();
    one = SomeRun.finished(temp.resolve("one"), 20, "{seed: 1, train: {rate: 0.1}}").toString();
    two = SomeRun.finished(temp.resolve("two"), 40, "{seed: 1, train: {rate: 0.2}}").toString();
  }

  private static JsonNode json(String... args) {
    CommandRun run = CommandRun.of(args);
    assertEquals(0, run.exitCode(), run.err());
    return TinyFolder.json(run.out());
  }

  @Test
  void runsAreListedTheLastStartedFirst() {
    JsonNode runs = json("runs", "ls", all, "--json");
    assertEquals(2, runs.size());
    assertEquals("two", runs.path(0).path("name").asString());
    assertEquals("finished", runs.path(0).path("state").asString());
    assertEquals(one, runs.path(1).path("folder").asString());
    assertEquals(20, runs.path(1).path("steps").asInt());
    assertEquals(0.3, runs.path(1).path("bestDevLoss").asDouble(), 1e-9);
    assertEquals(200, runs.path(1).path("tokensPerSecond").asDouble(), 1e-9);
    assertTrue(runs.path(1).path("residentBytes").asDouble() > 1e6);
    assertTrue(runs.path(1).path("started").asString().endsWith("Z"));
    CommandRun table = CommandRun.of("runs", "ls", all);
    assertTrue(table.out().contains("tokens/s"), table.out());
    assertTrue(
        table.out().lines().anyMatch(line -> line.startsWith("two ") && line.contains("finished")),
        table.out());
  }

  @Test
  void aRunIsShownWithSettingsFiguresAndCheckpoints() {
    CommandRun shown = CommandRun.of("runs", "show", one);
    assertEquals(0, shown.exitCode(), shown.err());
    for (String part :
        List.of("train.rate  0.1", "step-00000010  3 MB", "gradientNorm", "./mneme train x")) {
      assertTrue(shown.out().contains(part), part + " in " + shown.out());
    }
    JsonNode json = json("runs", "show", one, "--json");
    assertEquals("0.1", json.path("settings").path("train.rate").asString());
    assertEquals(20, json.path("lastStep").path("step").asInt());
    assertEquals(0.3, json.path("lastEvaluation").path("loss").asDouble(), 1e-9);
    assertEquals(3 << 20, json.path("checkpoints").path(0).path("bytes").asInt());
  }

  @Test
  void runsAreCompared() {
    JsonNode json = json("runs", "compare", one, two, "--json");
    assertEquals("one", json.path("runs").path(0).path("name").asString());
    assertEquals(
        "{\"key\":\"train.rate\",\"values\":[\"0.1\",\"0.2\"]}",
        json.path("settings").path(0).toString());
    assertEquals(1, json.path("settings").size());
    assertEquals(40, json.path("last").path(1).path("step").asInt());
    assertEquals(20, json.path("equalSteps").path("at").asInt());
    assertEquals(0.3, json.path("equalSteps").path("runs").path(1).path("devLoss").asDouble());
    assertEquals(10, json.path("equalSeconds").path("at").asDouble());
    assertEquals(2000, json.path("equalTokens").path("at").asInt());
    CommandRun table = CommandRun.of("runs", "compare", all);
    assertTrue(table.out().contains("equal steps, 20 steps"), table.out());
    assertTrue(table.out().lines().anyMatch(line -> line.matches("train.rate +0.1 +0.2 *")));
  }

  @Test
  void whatIsNoRunIsSaidSo() {
    CommandRun nothing = CommandRun.of("runs", "show", all);
    assertEquals(4, nothing.exitCode());
    assertTrue(nothing.err().contains("holds no run"), nothing.err());
    CommandRun single = CommandRun.of("runs", "compare", one);
    assertEquals(3, single.exitCode());
    assertTrue(single.err().contains("two or more"), single.err());
    assertEquals(4, CommandRun.of("watch", temp.resolve("nowhere").toString()).exitCode());
    assertEquals(2, CommandRun.of("runs").exitCode());
  }
}
