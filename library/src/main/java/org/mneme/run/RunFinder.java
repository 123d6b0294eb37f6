package org.mneme.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Finds runs among folders.
public final class RunFinder {
  /// How far below a folder runs are looked for.
  private static final int DEPTH = 4;

  private RunFinder() {}

  /// The runs at or below each of `places`, in their order and by name; each once.
  ///
  /// @throws InvalidInputException of kind DATA where a place is no folder
  public static List<Path> find(List<Path> places) {
    Set<Path> runs = new LinkedHashSet<>();
    for (Path place : places) {
      if (!Files.isDirectory(place)) {
        throw new InvalidInputException(
            Kind.DATA, place.toString(), place + " is no folder; name a run or a folder of runs");
      }
      search(place.normalize(), DEPTH, runs);
    }
    return new ArrayList<>(runs);
  }

  /// The run in `folder`.
  ///
  /// @throws InvalidInputException of kind DATA where there is none
  public static RunRecord read(Path folder) {
    if (!RunRecord.isRun(folder)) {
      throw new InvalidInputException(
          Kind.DATA,
          folder.toString(),
          folder + " holds no run (no metrics.jsonl); see `mneme runs ls`");
    }
    return RunRecord.read(folder);
  }

  private static void search(Path folder, int depth, Set<Path> runs) {
    if (RunRecord.isRun(folder)) {
      runs.add(folder);
      return;
    }
    if (depth == 0) {
      return;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .filter(entry -> Files.isDirectory(entry) && !Files.isSymbolicLink(entry))
          .filter(entry -> !String.valueOf(entry.getFileName()).startsWith("."))
          .sorted()
          .forEach(entry -> search(entry, depth - 1, runs));
    } catch (IOException | UncheckedIOException e) {
      // what may not be looked into holds no runs for us
    }
  }
}
