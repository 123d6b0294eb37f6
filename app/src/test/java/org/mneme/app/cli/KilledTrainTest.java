package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import org.mneme.checkpoint.Checkpoint;

/// `mneme train` as a process of its own, stopped and killed.
class KilledTrainTest {
  private static final int STEPS = 60;
  private static final int KILLS = 5;
  private static final String[] SETTINGS = {
    "train.stop.steps=" + STEPS,
    "checkpoint={everySteps: 4, keepLast: 2}",
    "model.dropout=0.1",
    "model.memory={layers: [1], layer: {type: product-key, keysPerSide: 8, slotsPerHead: 4}}"
  };

  @TempDir private static Path temp;
  private static TinyTraining training = new TinyTraining(Path.of(""));
  private static Path whole = Path.of("");

  @BeforeAll
  static void trainWhole() throws Exception {
    training = TinyTraining.in(temp);
    whole = temp.resolve("whole");
    assertEquals(0, exitCode(begin(whole)), TinyFolder.read(errors(whole)));
  }

  /// Begins, or goes on.
  private static Process begin(Path run) throws IOException {
    return begin(run, SETTINGS);
  }

  private static Process begin(Path run, String[] settings, String... options) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of(training.arguments(run, training.evaluating(settings))));
    arguments.addAll(List.of("--resume", "auto"));
    return CommandRun.begin(arguments, errors(run), options);
  }

  private static Path errors(Path run) {
    return run.resolveSibling(run.getFileName() + ".err");
  }

  private static int exitCode(Process process) throws InterruptedException {
    assertTrue(process.waitFor(300, TimeUnit.SECONDS), "the training process does not end");
    return process.exitValue();
  }

  /// Waits until so many lines are written, or the process has ended.
  private static void await(Process process, Path run, int lines) throws InterruptedException {
    while (process.isAlive() && lines(run) < lines) {
      Thread.sleep(1);
    }
  }

  private static int lines(Path run) {
    return TinyTraining.wholeLines(run.resolve("metrics.jsonl")).size();
  }

  private static void finish(Path run) throws Exception {
    assertEquals(0, exitCode(begin(run)), TinyFolder.read(errors(run)));
    TinyTraining.assertSameEnd(whole, run, STEPS);
  }

  @Test
  @Timeout(600)
  void aRunThatGoesOnWithOtherKernelsSaysSo() throws Exception {
    Path run = temp.resolve("moved");
    String[] settings = SETTINGS.clone();
    settings[0] = "train.stop.steps=4";
    assertEquals(0, exitCode(begin(run, settings, "-Dmneme.kernels=vector")));
    assertFalse(TinyFolder.read(errors(run)).contains("Last bits"));
    settings[0] = "train.stop.steps=8";
    assertEquals(0, exitCode(begin(run, settings, "-Dmneme.kernels=plain")));
    String told = TinyFolder.read(errors(run));
    assertTrue(told.contains("Last bits may differ from here on"), told);
    assertTrue(told.contains("kernels: plain, was vector"), told);
  }

  @Test
  @Timeout(600)
  void aTermSignalSavesAndExitsWith75() throws Exception {
    Path run = temp.resolve("stopped");
    Process process = begin(run);
    await(process, run, 6);
    process.destroy();
    assertEquals(75, exitCode(process), TinyFolder.read(errors(run)));
    int steps = TinyTraining.metrics(run, "train").size();
    assertTrue(steps >= 4 && steps < STEPS, "stopped after " + steps);
    Checkpoint last =
        Checkpoint.open(run.resolve("checkpoints").resolve("step-%08d".formatted(steps)));
    assertEquals(steps, last.facts().step());
    assertEquals("stopped", TinyFolder.json(run.resolve("state.json")).path("state").asString());
    finish(run);
  }

  @Test
  @Timeout(600)
  void aTermSignalWhileTextsAreTokenisedKeepsTheirTokensForTheSameCommand() throws Exception {
    Path run = temp.resolve("early");
    Path large = TinyFolder.text(temp.resolve("large.txt"), 200_000, 3);
    Path small = TinyFolder.text(temp.resolve("small.txt"), 20, 4);
    Path cache = temp.resolve("early-cache");
    String[] settings = {
      "data.train=[" + large + ", " + small + "]", "data.cache=" + cache, "train.stop.steps=1"
    };
    Process process = begin(run, settings);
    while (process.isAlive() && !TinyFolder.read(errors(run)).contains("%  tokens ")) {
      Thread.sleep(1);
    }
    process.destroy();
    assertEquals(75, exitCode(process), TinyFolder.read(errors(run)));
    assertFalse(Files.exists(run), "a run that has not begun leaves no folder behind");
    Path done = indexes(cache).getFirst();
    FileTime written = Files.getLastModifiedTime(done);
    assertEquals(0, exitCode(begin(run, settings)), TinyFolder.read(errors(run)));
    assertEquals(3, indexes(cache).size(), "the other and the held-out texts are new");
    assertEquals(written, Files.getLastModifiedTime(done));
    assertEquals(1, TinyTraining.metrics(run, "train").size());
  }

  private static List<Path> indexes(Path cache) throws IOException {
    try (var files = Files.walk(cache)) {
      return files.filter(file -> file.endsWith("index.json")).toList();
    }
  }

  @Test
  @Timeout(900)
  void aKilledTrainingGoesOnToTheSameEnd() throws Exception {
    SplittableRandom random = new SplittableRandom(21);
    Path run = temp.resolve("killed-0");
    for (int killed = 0, runs = 1; killed < KILLS; ) {
      Process process = begin(run);
      await(process, run, lines(run) + random.nextInt(12));
      Thread.sleep(random.nextInt(60));
      process.destroyForcibly();
      if (exitCode(process) == 128 + 9) {
        killed++;
      } else { // it was faster
        finish(run);
        run = temp.resolve("killed-" + runs++);
      }
    }
    assertTrue(Files.exists(run.resolve("metrics.jsonl")));
    finish(run);
  }
}
