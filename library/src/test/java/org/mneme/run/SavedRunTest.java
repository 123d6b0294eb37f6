package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointFacts;
import org.mneme.checkpoint.PlainCheckpoints;
import org.mneme.checkpoint.StatePart;
import org.mneme.config.Printer;

class SavedRunTest {
  private static final String PLACE =
      "; the data goes on behind 30 batches (steps x train.accumulate), so texts may be read twice"
          + " or left out";

  @TempDir private Path temp;

  private static RunConfig config(String... assignments) {
    return RunConfigTest.bind(
        "model: {path: m}\ndata: {train: [a.txt]}\ntrain: {stop: {steps: 50}}\n", assignments);
  }

  private Checkpoint saved(RunConfig config, long step) {
    Path folder = temp.resolve("saved");
    var content =
        new Checkpoint.Content(
            new CheckpointFacts(step, 7, "hash", Map.of()),
            empty -> PlainCheckpoints.writeModel(empty, step, 1000),
            Map.of("settings", StatePart.of(Printer.tree(config))));
    Checkpoint.write(folder, content);
    return Checkpoint.open(folder);
  }

  @Test
  void settingsThatMoveThePlaceInTheDataSaySo() {
    Checkpoint begin = saved(config(), 10);
    assertEquals(List.of(), SavedRun.changes(begin, config()));
    assertEquals(
        List.of("train.stop.steps: 60, was 50"),
        SavedRun.changes(begin, config("train.stop.steps=60")));
    assertEquals(
        List.of("train.accumulate: 3, was 1" + PLACE),
        SavedRun.changes(begin, config("train.accumulate=3")));
    assertEquals(
        List.of(
            "data.batches.layout: packed, was lines" + PLACE, "train.accumulate: 3, was 1" + PLACE),
        SavedRun.changes(begin, config("train.accumulate=3", "data.batches.layout=packed")));
  }
}
