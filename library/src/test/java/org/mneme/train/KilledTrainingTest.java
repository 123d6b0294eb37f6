package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.TinyModel;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Kills a training process at any moment, lets it go on, and compares with one that was left
/// alone.
class KilledTrainingTest {
  private static final long STEPS = 60;

  /// About as long as a save takes, and a few steps.
  private static final double SAVE_NANOS = 150e6;

  private static final List<String> CLOCK = List.of("seconds", "tokensPerSecond", "residentBytes");

  @TempDir Path temp;
  private Path start = Path.of("");
  private int outputs;
  private double readyNanos = 2e9;

  @BeforeEach
  void makeModel() {
    Path plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
    start = temp.resolve("start");
    var placement =
        new MemoryPlacement(List.of(0, 2), Placement.BESIDE, ReadAt.ALL, TinyModel.memory(40));
    try (PretrainedModel model = PretrainedModel.augment(plain, placement, 3)) {
      model.save(start);
    }
  }

  @Test
  @Timeout(600)
  void aTrainingThatIsKilledLosesNothingBeyondTheLastCheckpoint() throws Exception {
    killAndGoOn(6, 11);
  }

  /// Two hundred kills together.
  @ParameterizedTest
  @ValueSource(longs = {12, 13, 14, 15})
  @Tag("kill")
  void aTrainingThatIsKilledAgainAndAgainLosesNothingEither(long seed) throws Exception {
    killAndGoOn(50, seed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  @Timeout(600)
  void aStopSignalSavesAndExitsWith75(String signal) throws Exception {
    assumeFalse(
        signal.equals("INT") && ignoresInterrupts(), "jobs in the background are deaf to SIGINT");
    Path whole = uninterrupted();
    Path run = temp.resolve("stopped");
    long saved;
    try (TrainingProcess process = begin(run)) {
      assertTrue(process.awaitReady(), process.errors());
      process.awaitSave(); // it trains
      process.signal(signal);
      assertEquals(75, process.exitCode(), process.errors());
      saved = process.saved();
    }
    assertTrue(saved > 0 && saved < STEPS, "stopped after " + saved);
    assertEquals(saved, checkpoints(run).getLast().facts().step());
    assertEquals(steps(saved), trained(metrics(run)));
    finish(run);
    assertSameEnd(whole, run);
  }

  /// Whether a shell started this process, and with it all that it starts, to ignore SIGINT.
  private static boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 0b10) != 0);
  }

  private void killAndGoOn(int kills, long seed) throws Exception {
    Path whole = uninterrupted();
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Integer> counts = new TreeMap<>();
    Path run = temp.resolve("run-0");
    for (int runs = 0, killed = 0; killed < kills; ) {
      if (killOnce(run, random.split(), counts)) {
        killed++;
      } else {
        assertSameEnd(whole, run);
        run = temp.resolve("run-" + ++runs);
        counts.merge("finished between kills and equal to the bit", 1, Integer::sum);
      }
    }
    finish(run);
    assertSameEnd(whole, run);
    counts.merge("finished after the last kill and equal to the bit", 1, Integer::sum);
    System.out.println(kills + " kills: " + counts);
  }

  /// Starts a process, or takes the run up, and kills it; false where it came to its end before.
  private boolean killOnce(Path run, SplittableRandom random, Map<String, Integer> counts)
      throws Exception {
    try (TrainingProcess process = begin(run)) {
      int place = random.nextInt(20);
      if (place < 3) { // while it starts
        process.let((long) (random.nextDouble() * readyNanos));
      } else {
        long begun = System.nanoTime();
        boolean unused = process.awaitReady();
        readyNanos = System.nanoTime() - begun;
        process.awaitSaved(random.nextInt(6));
        if (place >= 9) { // while it saves
          process.awaitSave();
          process.let((long) (random.nextDouble() * SAVE_NANOS));
        } else { // anywhere
          process.let((long) (random.nextDouble() * 2 * SAVE_NANOS));
        }
      }
      boolean killed = process.kill();
      if (!killed) {
        assertEquals(0, process.exitCode(), process.errors());
        return false;
      }
      counts.merge("killed", 1, Integer::sum);
      if (counts.get("killed") % 10 == 0) {
        System.out.println(counts);
      }
      if (process.leftovers() > 0) {
        counts.merge("killed while a checkpoint was half made or half removed", 1, Integer::sum);
      }
      checkNothingIsLost(run, process.saved());
      return true;
    }
  }

  /// Every checkpoint that is there is whole, the last one that the process told of is there, and
  /// the metrics up to it too.
  private static void checkNothingIsLost(Path run, long saved) throws IOException {
    List<Checkpoint> checkpoints = checkpoints(run);
    long last = checkpoints.isEmpty() ? 0 : checkpoints.getLast().facts().step();
    assertTrue(last >= saved, last + " on disk after " + saved);
    List<Long> trained = trained(metrics(run));
    assertEquals(steps(last), trained.stream().filter(step -> step <= last).toList());
  }

  private Path uninterrupted() throws Exception {
    Path run = temp.resolve("whole");
    finish(run);
    assertEquals(steps(STEPS), trained(metrics(run)));
    return run;
  }

  private void finish(Path run) throws Exception {
    try (TrainingProcess process = begin(run)) {
      assertEquals(0, process.exitCode(), process.errors());
    }
  }

  private TrainingProcess begin(Path run) throws IOException {
    return new TrainingProcess(start, run, STEPS, temp.resolve("output-" + outputs++));
  }

  /// Weights, moments, metrics and the choice of checkpoints.
  private static void assertSameEnd(Path whole, Path run) throws IOException {
    assertEquals(metrics(whole), metrics(run));
    List<Checkpoint> expected = checkpoints(whole);
    List<Checkpoint> found = checkpoints(run);
    assertEquals(
        expected.stream().map(Checkpoint::facts).toList(),
        found.stream().map(Checkpoint::facts).toList());
    for (int i = 0; i < expected.size(); i++) {
      for (String file : List.of("model.safetensors", "trainer.safetensors")) {
        assertSameTensors(
            expected.get(i).folder().resolve(file), found.get(i).folder().resolve(file));
      }
    }
  }

  private static void assertSameTensors(Path expected, Path found) {
    try (SafetensorsFile one = SafetensorsFile.open(expected);
        SafetensorsFile other = SafetensorsFile.open(found)) {
      assertEquals(one.entries(), other.entries());
      for (String name : one.entries().keySet()) {
        if (!name.equals("trainer.seconds")) {
          assertEquals(-1, one.bytes(name).mismatch(other.bytes(name)), found + " " + name);
        }
      }
    }
  }

  /// All checkpoints, each of which has to be whole.
  private static List<Checkpoint> checkpoints(Path run) throws IOException {
    Path folder = run.resolve("checkpoints");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(path -> path.getFileName().toString().startsWith("step-"))
          .sorted()
          .map(Checkpoint::open)
          .toList();
    }
  }

  /// The whole lines of `metrics.jsonl` without what the clock says.
  private static List<ObjectNode> metrics(Path run) throws IOException {
    List<ObjectNode> lines = new ArrayList<>();
    Path file = run.resolve("metrics.jsonl");
    if (Files.exists(file)) {
      String text = Files.readString(file);
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        ObjectNode json = JsonMapper.shared().readTree(line).asObject();
        CLOCK.forEach(json::remove);
        lines.add(json);
      }
    }
    return lines;
  }

  private static List<Long> trained(List<ObjectNode> metrics) {
    return metrics.stream()
        .filter(line -> line.path("split").asString().equals("train"))
        .map(line -> line.path("step").asLong())
        .toList();
  }

  private static List<Long> steps(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }
}
