package org.mneme.app.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mneme.run.RunFinder;
import org.mneme.run.RunRecord;
import org.mneme.run.RunState.Status;
import org.mneme.run.RunSummary;

/// The runs that a page shows, by name. Looked for anew each time, so that runs which begin later
/// are found too. Safe for several threads.
final class RunCatalog {
  private final List<Path> places;
  private final Map<Path, Seen> seen = new ConcurrentHashMap<>();

  /// @param places runs and folders of runs
  RunCatalog(List<Path> places) {
    this.places = List.copyOf(places);
  }

  /// What was read of a run when its metrics were that long.
  private record Seen(long bytes, RunSummary summary) {}

  /// A row of the table.
  ///
  /// @param id what the page calls the run
  record Row(String id, RunSummary run) {}

  /// The runs there are now by id: the folder's name, longer where two are alike.
  Map<String, Path> runs() {
    List<Path> found = RunFinder.find(places.stream().filter(Files::isDirectory).toList());
    Map<String, Path> runs = new LinkedHashMap<>();
    for (Path run : found) {
      Path whole = run.toAbsolutePath().normalize();
      int names = 1;
      while (names < whole.getNameCount() && isShared(end(whole, names), whole, found)) {
        names++;
      }
      runs.put(end(whole, names), run);
    }
    return runs;
  }

  private static String end(Path whole, int names) {
    int count = whole.getNameCount();
    return whole.subpath(Math.max(0, count - names), count).toString().replace('\\', '/');
  }

  private static boolean isShared(String end, Path run, List<Path> others) {
    return others.stream()
        .map(other -> other.toAbsolutePath().normalize())
        .anyMatch(other -> !other.equals(run) && other.endsWith(end));
  }

  /// The folder of a run, nothing where the page knows none of that id.
  Optional<Path> folder(String id) {
    return Optional.ofNullable(runs().get(id));
  }

  /// The table of runs. A run that did not grow is not read again; one that cannot be read is in
  /// the table too, with the reason.
  List<Row> rows() {
    return runs().entrySet().stream()
        .map(entry -> new Row(entry.getKey(), summary(entry.getValue())))
        .toList();
  }

  private RunSummary summary(Path folder) {
    long bytes = bytes(folder.resolve("metrics.jsonl")) + bytes(folder.resolve("state.json"));
    Seen last = seen.get(folder);
    boolean running = last != null && last.summary.state().equals(Status.RUNNING.label());
    if (last == null || running || last.bytes != bytes) {
      try {
        last = new Seen(bytes, RunSummary.of(RunRecord.read(folder)));
      } catch (RuntimeException e) { // whatever is wrong with one run, the others are shown
        return RunSummary.unreadable(folder, e);
      }
      seen.put(folder, last);
    }
    return last.summary;
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }
}
