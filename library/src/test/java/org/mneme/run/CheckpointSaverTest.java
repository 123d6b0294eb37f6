package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;
import org.mneme.checkpoint.KeepConfig;
import org.mneme.checkpoint.PlainCheckpoints;
import org.mneme.checkpoint.StatePart;

class CheckpointSaverTest {
  @TempDir Path run;
  private long minutes;

  private final CheckpointSaver.Run source =
      new CheckpointSaver.Run() {
        @Override
        public long seed() {
          return 3;
        }

        @Override
        public String configHash() {
          return "settings";
        }

        @Override
        public void writeModel(Path empty) {
          PlainCheckpoints.writeModel(empty, 1, 1000);
        }

        @Override
        public Map<String, StatePart> parts() {
          return Map.of();
        }
      };

  private interface Check {
    void accept(CheckpointSaver saver, CheckpointStore store);
  }

  private void with(KeepConfig keep, long step, Check check) {
    try (CheckpointStore store = CheckpointStore.open(run, keep, warning -> {})) {
      check.accept(
          new CheckpointSaver(store, keep, source, 1000, step, () -> minutes * 60_000_000_000L),
          store);
    }
  }

  private static List<Long> steps(CheckpointStore store) {
    return store.list().stream().map(path -> Checkpoint.open(path).facts().step()).toList();
  }

  @Test
  void savesEverySoManySteps() {
    with(
        new KeepConfig(3, 0, 9, null),
        0,
        (saver, store) -> {
          for (long step = 0; step <= 10; step++) {
            assertEquals(step > 0 && step % 3 == 0, saver.saveIfDue(step).isPresent());
          }
          assertEquals(List.of(3L, 6L, 9L), steps(store));
          assertTrue(saver.save(10).isPresent());
          assertTrue(saver.save(10).isEmpty());
        });
    with(
        new KeepConfig(3, 0, 9, null),
        9,
        (saver, store) -> assertTrue(saver.saveIfDue(9).isEmpty(), "it went on from there"));
  }

  @Test
  void savesEverySoManyMinutes() {
    with(
        new KeepConfig(0, 10, 9, null),
        0,
        (saver, store) -> {
          minutes = 9;
          assertTrue(saver.saveIfDue(1).isEmpty());
          minutes = 10;
          assertTrue(saver.saveIfDue(2).isPresent());
          minutes = 19;
          assertTrue(saver.saveIfDue(3).isEmpty());
          minutes = 20;
          assertTrue(saver.saveIfDue(4).isPresent());
        });
  }

  @Test
  void savesWhatIsBestSoFar() {
    var best = new KeepConfig.Best("loss", KeepConfig.Mode.MIN);
    with(
        new KeepConfig(0, 0, 1, best),
        0,
        (saver, store) -> {
          double[] losses = {3, 2, 4, 2, 1.5};
          for (int i = 0; i < losses.length; i++) {
            saver.evaluated(10 * i + 10, Map.of("loss", losses[i]));
            assertEquals(i == 0 || i == 1 || i == 4, saver.saveIfDue(10 * i + 10).isPresent());
            assertTrue(saver.saveIfDue(10 * i + 11).isEmpty(), "measured at another step");
          }
          assertTrue(saver.save(51).isPresent());
          assertEquals(List.of(50L, 51L), steps(store));
          assertEquals(Map.of("loss", 1.5), store.best().orElseThrow().facts().metrics());
          assertEquals(Map.of(), store.latestGood().orElseThrow().facts().metrics());
        });
  }

  @Test
  void aCheckpointSaysWhatItIsOf() {
    with(
        KeepConfig.DEFAULT,
        0,
        (saver, store) -> {
          var facts = saver.save(5).orElseThrow().facts();
          assertEquals(3, facts.seed());
          assertEquals("settings", facts.configHash());
        });
  }
}
