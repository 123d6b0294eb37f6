package org.mneme.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import org.mneme.InvalidInputException;

/// A program that saves ever larger checkpoints until one cannot be written, and prints why.
final class FullDisk {
  private static final int GROWTH = 100_000;

  private FullDisk() {}

  private static void tell(String line) {
    System.out.println(line);
  }

  public static void main(String... arguments) {
    try (CheckpointStore store =
        CheckpointStore.open(
            Path.of(arguments[0]), new KeepConfig(1, 0, 2, null), FullDisk::tell)) {
      for (int step = 1; step < 1000; step++) {
        int bytes = step * GROWTH;
        Checkpoint saved = store.save(PlainCheckpoints.at(step, bytes, Map.of()), bytes);
        tell("saved " + saved.facts().step());
      }
    } catch (InvalidInputException e) {
      tell(e.kind() + " " + e.getMessage());
    }
  }
}
