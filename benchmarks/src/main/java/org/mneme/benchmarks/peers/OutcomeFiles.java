package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mneme.bench.Outcome;

/// What a side's first round gave, as raw files: one for each result, named after it.
final class OutcomeFiles {
  private static final String SLOTS = "slots";

  private OutcomeFiles() {}

  static void write(Map<String, float[]> numbers, int[] slots, Path folder) {
    numbers.forEach((name, values) -> RawFiles.write(folder.resolve(name), values));
    if (slots.length > 0) {
      RawFiles.write(folder.resolve(SLOTS), slots);
    }
  }

  static Outcome read(Path folder) {
    Map<String, float[]> numbers = new LinkedHashMap<>();
    int[] slots = {};
    for (Path file : files(folder)) {
      String name = file.getFileName().toString();
      if (name.equals(SLOTS)) {
        slots = RawFiles.ints(file);
      } else {
        numbers.put(name, RawFiles.floats(file));
      }
    }
    return new Outcome(numbers, slots);
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be read", e);
    }
  }
}
