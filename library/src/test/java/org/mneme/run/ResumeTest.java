package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;
import org.mneme.checkpoint.KeepConfig;
import org.mneme.checkpoint.PlainCheckpoints;

class ResumeTest {
  private static final KeepConfig KEEP = new KeepConfig(1, 0, 5, null);

  @TempDir Path temp;
  private final List<String> warnings = new ArrayList<>();

  private Path run(String name, long... steps) throws IOException {
    Path run = temp.resolve(name);
    try (CheckpointStore store = CheckpointStore.open(run, KEEP, warnings::add)) {
      for (long step : steps) {
        Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":" + step + "}\n");
        store.save(PlainCheckpoints.at(step), 1);
      }
    }
    return run;
  }

  private static Path checkpoint(Path run, long step) {
    return run.resolve("checkpoints").resolve("step-%08d".formatted(step));
  }

  private static void damage(Path checkpoint) throws IOException {
    Files.writeString(PlainCheckpoints.model(checkpoint), "damaged");
  }

  /// The step, 0 for anew.
  private long resolve(String resume, Path run) {
    try (CheckpointStore store = CheckpointStore.open(run, KEEP, warnings::add)) {
      return Resume.parse(resume)
          .resolve(store, warnings::add)
          .map(found -> found.facts().step())
          .orElse(0L);
    }
  }

  private String refusal(String resume, Path run) {
    return assertThrows(InvalidInputException.class, () -> resolve(resume, run)).getMessage();
  }

  @Test
  void theThreeWaysAreRead() {
    assertEquals(new Resume.Auto(), Resume.parse("auto"));
    assertEquals(new Resume.None(), Resume.parse("none"));
    assertEquals(new Resume.From(Path.of("runs/a")), Resume.parse("runs/a"));
    var empty = assertThrows(InvalidInputException.class, () -> Resume.parse(""));
    assertEquals("--resume", empty.key());
  }

  @Test
  void autoTakesTheLatestGoodOneOrBeginsAnew() throws IOException {
    assertEquals(0, resolve("auto", temp.resolve("fresh")));
    Path run = run("run", 10, 20);
    assertEquals(20, resolve("auto", run));
    damage(checkpoint(run, 20));
    assertEquals(10, resolve("auto", run));
    assertEquals(1, warnings.size());
    assertTrue(warnings.getFirst().contains("step-00000020 is passed over"), warnings.toString());
  }

  @Test
  void autoDoesNotBeginAnewOverDamagedCheckpoints() throws IOException {
    Path run = run("run", 10);
    damage(checkpoint(run, 10));
    String refusal = refusal("auto", run);
    assertTrue(refusal.contains("all checkpoints are damaged (1)"), refusal);
  }

  @Test
  void noneWantsAFolderWithoutARun() throws IOException {
    assertEquals(0, resolve("none", temp.resolve("fresh")));
    String refusal = refusal("none", run("run", 10));
    assertTrue(refusal.contains("holds a run already; --resume auto goes on with it"), refusal);
    Path killed = Files.createDirectory(temp.resolve("killed"));
    Files.writeString(killed.resolve("metrics.jsonl"), "");
    String anew = refusal("none", killed);
    assertTrue(anew.contains("has no checkpoint; --resume auto begins it anew"), anew);
    assertEquals(0, resolve("auto", killed));
  }

  @Test
  void whereMetricsCameAlongButNoCheckpointAutoIsNotAdvised() throws IOException {
    Path first = run("first", 10);
    Path killed = temp.resolve("killed");
    try (CheckpointStore store = CheckpointStore.open(killed, KEEP, warnings::add)) {
      Resume.bringMetrics(Checkpoint.open(checkpoint(first, 10)), store);
    }
    String refusal = refusal(first.toString(), killed);
    assertTrue(refusal.contains("has no checkpoint; remove it, or name another"), refusal);
    assertFalse(refusal.contains("auto"), refusal);
  }

  @Test
  void aPathIsACheckpointOrARunAndItsMetricsComeAlong() throws IOException {
    Path run = run("run", 10, 20);
    assertEquals(20, resolve(run.toString(), temp.resolve("a")));
    assertEquals(10, resolve(checkpoint(run, 10).toString(), temp.resolve("b")));
    assertFalse(Files.exists(temp.resolve("b")), "a run before it begins");
    Path fresh = temp.resolve("fresh");
    try (CheckpointStore store = CheckpointStore.open(fresh, KEEP, warnings::add)) {
      Resume.bringMetrics(Checkpoint.open(checkpoint(run, 10)), store);
    }
    assertEquals("{\"step\":20}\n", Files.readString(fresh.resolve("metrics.jsonl")));
    assertFalse(Files.exists(fresh.resolve("usage.jsonl")));
    assertTrue(refusal(run.toString(), run("other", 5)).contains("holds a run already"));
  }

  @Test
  void aPathInTheRunItselfIsItsLastGoodCheckpoint() throws IOException {
    Path run = run("run", 10, 20);
    assertEquals(20, resolve(run.toString(), run));
    assertEquals(20, resolve(checkpoint(run, 20).toString(), run));
    String refusal = refusal(checkpoint(run, 10).toString(), run);
    assertTrue(
        refusal.contains("is not the run's last checkpoint, which is step-00000020"), refusal);
    damage(checkpoint(run, 20));
    assertEquals(10, resolve(checkpoint(run, 10).toString(), run));
  }

  @Test
  void aPathToNothingNamesTheWays() {
    String refusal = refusal(temp.resolve("nowhere").toString(), temp.resolve("fresh"));
    assertTrue(refusal.contains("give auto, none, or the path of a checkpoint"), refusal);
  }
}
