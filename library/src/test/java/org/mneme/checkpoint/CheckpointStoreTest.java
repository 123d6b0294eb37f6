package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.KeepConfig.Best;
import org.mneme.checkpoint.KeepConfig.Mode;

class CheckpointStoreTest {
  private static final long ABOUT = 10_000;

  @TempDir Path run;
  private final List<String> warnings = new ArrayList<>();

  private CheckpointStore open(int keepLast) {
    return CheckpointStore.open(run, new KeepConfig(1, 0, keepLast, null), warnings::add);
  }

  private CheckpointStore open(int keepLast, Mode mode) {
    KeepConfig keep = new KeepConfig(1, 0, keepLast, new Best("loss", mode));
    return CheckpointStore.open(run, keep, warnings::add);
  }

  private static void save(CheckpointStore store, long step) {
    Checkpoint saved = store.save(PlainCheckpoints.at(step), ABOUT);
    assertEquals(step, saved.facts().step());
  }

  private static void save(CheckpointStore store, long step, double loss) {
    store.save(PlainCheckpoints.at(step, 1000, Map.of("loss", loss)), ABOUT);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(run.resolve("checkpoints"))) {
      return paths
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.equals(".lock"))
          .sorted()
          .toList();
    }
  }

  private static long latest(CheckpointStore store) {
    return store.latestGood().orElseThrow().facts().step();
  }

  private static void damage(Path folder) throws IOException {
    Files.write(PlainCheckpoints.model(folder), new byte[10_000]);
  }

  @Test
  void theLatestStay() throws IOException {
    try (CheckpointStore store = open(2)) {
      assertTrue(store.latestGood().isEmpty());
      for (long step : new long[] {5, 10, 15, 20}) {
        save(store, step);
        assertEquals(step, latest(store));
      }
      assertEquals(List.of("step-00000015", "step-00000020"), names());
    }
    assertEquals(List.of(), warnings);
  }

  @Test
  void stepsAreNumbersNotNames() throws IOException {
    try (CheckpointStore store = open(1)) {
      save(store, 99_999_999);
      save(store, 100_000_000);
      assertEquals(100_000_000, latest(store));
      assertEquals(List.of("step-100000000"), names());
    }
  }

  @Test
  void theBestStaysToo() throws IOException {
    try (CheckpointStore store = open(1, Mode.MIN)) {
      save(store, 1, 3);
      save(store, 2, 1);
      save(store, 3, 2);
      save(store, 4);
      assertEquals(List.of("step-00000002", "step-00000004"), names());
      assertEquals(2, store.best().orElseThrow().facts().step());
      assertTrue(store.wouldBeBest(5, Map.of("loss", 0.9)));
      assertFalse(store.wouldBeBest(5, Map.of("loss", 1.0)));
      assertFalse(store.wouldBeBest(5, Map.of("loss", Double.NaN)));
      assertFalse(store.wouldBeBest(5, Map.of("accuracy", 0.0)));
      assertTrue(store.wouldBeBest(2, Map.of("loss", 2.9)), "later ones do not count");
      save(store, 5, 0.5);
      assertEquals(List.of("step-00000005"), names());
    }
    try (CheckpointStore store = open(1, Mode.MAX)) {
      save(store, 6, 0.4);
      save(store, 7, 0.5); // the earlier of equals
      assertEquals(List.of("step-00000005", "step-00000007"), names());
    }
  }

  @Test
  void aDamagedCheckpointIsPassedOverWithAWarning() throws IOException {
    try (CheckpointStore store = open(3)) {
      save(store, 1);
      save(store, 2);
      save(store, 3);
      damage(store.list().getLast());
      Files.delete(store.list().get(1).resolve("checkpoint.json"));
      assertEquals(1, latest(store));
      assertEquals(2, warnings.size());
      String first = warnings.getFirst();
      assertTrue(first.startsWith("step-00000003 is passed over: "), first);
      assertTrue(first.contains("weights.bin: is damaged"), first);
    }
  }

  @Test
  void theOnlyGoodOneStaysUntilANewOneIsInPlace() throws IOException {
    try (CheckpointStore store = open(1)) {
      save(store, 1);
      var broken =
          new Checkpoint.Content(
              new CheckpointFacts(2, 0, "", Map.of()),
              empty -> {
                PlainCheckpoints.writeModel(empty, 2, 5000);
                throw new IOException("No space left on device");
              },
              Map.of());
      var problem = assertThrows(InvalidInputException.class, () -> store.save(broken, 123_456));
      assertEquals(InvalidInputException.Kind.ENVIRONMENT, problem.kind());
      String message = problem.getMessage();
      assertTrue(message.contains("step-00000002"), message);
      assertTrue(message.contains("(No space left on device)"), message);
      assertTrue(message.contains("it takes about 123,456 bytes, "), message);
      assertTrue(message.contains("go on from step-00000001 with --resume auto"), message);
      assertEquals(List.of("step-00000001"), names());
      assertEquals(1, latest(store));
    }
  }

  @Test
  void laterCheckpointsOfARunThatWasTakenBackGoWhenTheNextIsSaved() throws IOException {
    try (CheckpointStore store = open(2, Mode.MIN)) {
      save(store, 10, 2);
      save(store, 20, 3);
      save(store, 30, 1); // damaged, and best: no longer of this run
      damage(store.list().getLast());
      assertEquals(20, latest(store));
      save(store, 25);
      assertEquals(List.of("step-00000020", "step-00000025"), names());
    }
  }

  @Test
  void theDamagedCheckpointOfAStepIsReplaced() throws IOException {
    try (CheckpointStore store = open(2)) {
      save(store, 1);
      save(store, 2);
      damage(store.list().getLast());
      assertEquals(1, latest(store));
      save(store, 2);
      assertEquals(2, latest(store));
      assertEquals(List.of("step-00000001", "step-00000002"), names());
    }
  }

  @Test
  void whatKilledSavesLeftIsRemovedOrPutBack() throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    try (CheckpointStore store = open(3)) {
      save(store, 1);
      save(store, 2);
      save(store, 3);
    }
    Files.move(
        checkpoints.resolve("step-00000003"), checkpoints.resolve(".step-00000003.mneme-old"));
    Checkpoint.write(checkpoints.resolve(".step-00000002.mneme-old"), PlainCheckpoints.at(2));
    Path half = checkpoints.resolve(".step-00000004.01234567.mneme-tmp");
    Files.createDirectories(half);
    Files.writeString(half.resolve("model.safetensors"), "half");
    Files.writeString(checkpoints.resolve("notes.txt"), "mine");
    try (CheckpointStore store = open(3)) {
      assertEquals(3, latest(store));
      assertEquals(
          List.of("notes.txt", "step-00000001", "step-00000002", "step-00000003"), names());
    }
    assertEquals(List.of(), warnings);
  }

  @Test
  void aSecondOneOfTheSameRunIsRefused() {
    try (CheckpointStore store = open(1)) {
      save(store, 1);
      var problem = assertThrows(InvalidInputException.class, () -> open(1));
      assertEquals(InvalidInputException.Kind.ENVIRONMENT, problem.kind());
      assertTrue(problem.getMessage().contains("another process trains"), problem.getMessage());
    }
    open(1).close();
  }

  @Test
  void theDiskNeedCountsTheOneInTheMaking() {
    try (CheckpointStore store = open(2, Mode.MIN)) {
      DiskNeed need = store.diskNeed(1000);
      assertEquals(3, need.kept());
      assertEquals(4000, need.need());
      need.requireFits();
      save(store, 1, 1);
      assertTrue(store.diskNeed(1000).need() < 3000);

      DiskNeed tooMuch = store.diskNeed(1L << 60);
      var problem = assertThrows(InvalidInputException.class, tooMuch::requireFits);
      assertEquals(InvalidInputException.Kind.ENVIRONMENT, problem.kind());
      assertTrue(problem.getMessage().contains("checkpoint.keepLast"), problem.getMessage());
    }
  }

  @Test
  void theDiskNeedIsOneLine() {
    assertEquals(
        "Checkpoints: 2 of 1.2 MB and one in the making, 3.6 MB of 5.0 GB free in x",
        new DiskNeed(Path.of("x"), 1_200_000, 2, 0, 5_000_000_000L).summary());
  }
}
