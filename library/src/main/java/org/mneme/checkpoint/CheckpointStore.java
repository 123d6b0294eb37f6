package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mneme.InvalidInputException;
import org.mneme.file.Renaming;

/// The checkpoints of one run folder, `checkpoints/step-00001000` and so on: saves, verifies and
/// rotates them, and finds the latest good one and the best.
///
/// One process at a time: while it is open, another one's attempt to open it is an error. Opening
/// removes what killed saves left behind. One thread at a time.
public final class CheckpointStore implements AutoCloseable {
  private final Path run;
  private final Path folder;
  private final KeepConfig keep;
  private final Consumer<String> warnings;
  private final FolderLock lock;
  private final List<Path> made;

  private CheckpointStore(
      Path run, KeepConfig keep, Consumer<String> warnings, FolderLock lock, List<Path> made) {
    this.run = run;
    this.folder = StepFolders.of(run);
    this.keep = keep;
    this.warnings = warnings;
    this.lock = lock;
    this.made = made;
  }

  /// Opens the checkpoints of the run folder `run`, made if absent.
  ///
  /// @param warnings told of damaged checkpoints and of what cannot be removed
  /// @throws InvalidInputException of kind ENVIRONMENT where another process has it open, or the
  ///   folder cannot be written
  public static CheckpointStore open(Path run, KeepConfig keep, Consumer<String> warnings) {
    Path folder = StepFolders.of(run);
    List<Path> made = Stream.of(folder, run).filter(path -> !Files.exists(path)).toList();
    try {
      Files.createDirectories(folder);
      Renaming.flush(AtomicFile.folderOf(folder));
      FolderLock lock = FolderLock.take(folder);
      try {
        StepFolders.clean(folder);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
      return new CheckpointStore(run, keep, warnings, lock, made);
    } catch (IOException e) {
      throw AtomicFile.unwritable(folder, e);
    }
  }

  /// The run's folder.
  public Path run() {
    return run;
  }

  /// The folder that holds them.
  public Path folder() {
    return folder;
  }

  /// The folders of all checkpoints, damaged ones too, the earliest first.
  public List<Path> list() {
    return StepFolders.list(folder);
  }

  /// The latest checkpoint that is whole; each later one that is not is a warning.
  public Optional<Checkpoint> latestGood() {
    return latestGood(run, warnings);
  }

  /// The same for the run folder `run`, which somebody else may have open.
  public static Optional<Checkpoint> latestGood(Path run, Consumer<String> warnings) {
    for (Path path : StepFolders.list(StepFolders.of(run)).reversed()) {
      try {
        return Optional.of(Checkpoint.open(path));
      } catch (InvalidInputException e) {
        warnings.accept(path.getFileName() + " is passed over: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  /// The whole checkpoint whose `keepBest` metric is best; of equals the earliest. None without
  /// `keepBest`, or where none was measured.
  public Optional<Checkpoint> best() {
    return bestStep(Long.MAX_VALUE)
        .flatMap(step -> {
          try {
            return Optional.of(Checkpoint.open(StepFolders.path(folder, step)));
          } catch (InvalidInputException e) {
            warnings.accept("the best checkpoint is passed over: " + e.getMessage());
            return Optional.empty();
          }
        });
  }

  /// The step of the best checkpoint up to step `newest`.
  private Optional<Long> bestStep(long newest) {
    Optional<Long> best = Optional.empty();
    double bestValue = Double.NaN;
    KeepConfig.Best rule = keep.keepBest();
    if (rule == null) {
      return best;
    }
    for (Path path : list()) {
      double value = metric(path, rule.metric());
      if (StepFolders.step(path) <= newest
          && !Double.isNaN(value)
          && (best.isEmpty() || rule.isBetter(value, bestValue))) {
        best = Optional.of(StepFolders.step(path));
        bestValue = value;
      }
    }
    return best;
  }

  private static double metric(Path path, String name) {
    try {
      Double value = CheckpointJson.read(path).facts().metrics().get(name);
      return value == null ? Double.NaN : value;
    } catch (InvalidInputException e) {
      return Double.NaN; // whoever wants to use it is told
    }
  }

  /// Whether a checkpoint of `step` with these metrics would be better than all before it.
  public boolean wouldBeBest(long step, Map<String, Double> metrics) {
    KeepConfig.Best rule = keep.keepBest();
    Double value = rule == null ? null : metrics.get(rule.metric());
    if (rule == null || value == null || value.isNaN()) {
      return false;
    }
    return bestStep(step - 1)
        .map(other -> metric(StepFolders.path(folder, other), rule.metric()))
        .map(best -> rule.isBetter(value, best))
        .orElse(true);
  }

  /// What the checkpoints of this run will take, at `each` bytes for one.
  ///
  /// @see DiskNeed#checkpointBytes
  public DiskNeed diskNeed(long each) {
    try {
      long present = 0;
      for (Path path : list()) {
        present += StepFolders.bytes(path);
      }
      return new DiskNeed(folder, each, keep.kept(), present, DiskNeed.free(folder));
    } catch (IOException e) {
      throw AtomicFile.unwritable(folder, e);
    }
  }

  /// Saves a checkpoint, reads it back, and then removes those that need not stay: all but the
  /// latest `keepLast` and the best. Later ones than this are removed too: the run that made them
  /// was given up for an earlier checkpoint.
  ///
  /// @param about how many bytes it takes, for the message when the disk is full
  /// @throws InvalidInputException of kind ENVIRONMENT where it cannot be written; the earlier
  ///   checkpoints are as they were
  public Checkpoint save(Checkpoint.Content content, long about) {
    Path path = StepFolders.path(folder, content.facts().step());
    try {
      Checkpoint.write(path, content);
    } catch (InvalidInputException e) {
      throw e.kind() == InvalidInputException.Kind.ENVIRONMENT ? unwritten(path, about, e) : e;
    }
    Checkpoint saved = Checkpoint.open(path);
    rotate(content.facts().step());
    return saved;
  }

  private InvalidInputException unwritten(Path path, long about, InvalidInputException cause) {
    String room = "";
    try {
      room =
          "; it takes about %s, %s are free"
              .formatted(DiskNeed.size(about), DiskNeed.size(DiskNeed.free(folder)));
    } catch (IOException e) {
      // the message goes without
    }
    List<Path> left = list();
    String goOn =
        left.isEmpty()
            ? "free some or give an --out on another disk"
            : "free some and go on from " + left.getLast().getFileName() + " with --resume auto";
    return new InvalidInputException(
        InvalidInputException.Kind.ENVIRONMENT,
        path.toString(),
        "%s: the checkpoint cannot be saved (%s)%s; %s".formatted(path, reason(cause), room, goOn),
        cause);
  }

  private static String reason(InvalidInputException problem) {
    Throwable cause = problem;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private void rotate(long newest) {
    Set<Long> stay = new HashSet<>();
    List<Path> all = list();
    List<Path> removed = new ArrayList<>();
    all.stream()
        .map(StepFolders::step)
        .filter(step -> step <= newest)
        .sorted((a, b) -> Long.compare(b, a))
        .limit(keep.keepLast())
        .forEach(stay::add);
    bestStep(newest).ifPresent(stay::add);
    all.stream().filter(path -> !stay.contains(StepFolders.step(path))).forEach(removed::add);
    for (Path path : removed) {
      try {
        AtomicFolder.discard(path, path);
      } catch (IOException e) {
        warnings.accept(path + " cannot be removed (" + e + ")");
      }
    }
  }

  /// Lets other processes open it. Folders that opening made are gone again if nothing came into
  /// them: a start that failed leaves no run behind.
  @Override
  public void close() {
    try {
      if (made.contains(folder) && isEmpty()) {
        lock.remove();
        for (Path path : made) {
          Files.delete(path);
        }
      }
    } catch (IOException e) {
      // something is in there: it stays
    } finally {
      lock.close();
    }
  }

  private boolean isEmpty() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.allMatch(FolderLock::isOne);
    }
  }
}
