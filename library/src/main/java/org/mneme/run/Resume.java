package org.mneme.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointStore;

/// Where a run begins: what `--resume` says.
public sealed interface Resume {
  /// From the latest good checkpoint of the run folder, anew where it has none.
  record Auto() implements Resume {}

  /// From this checkpoint, or the latest good one of this run folder.
  record From(Path path) implements Resume {}

  /// Anew, in a folder without a run.
  record None() implements Resume {}

  /// What the user wrote: `auto`, `none`, or a path.
  static Resume parse(String text) {
    return switch (text) {
      case "auto" -> new Auto();
      case "none" -> new None();
      case "" -> throw InvalidInputException.config("--resume", "is empty; " + WAYS);
      default -> new From(Path.of(text));
    };
  }

  /// What may be said.
  String WAYS = "give auto, none, or the path of a checkpoint or a run folder";

  /// The checkpoint to go on from, none to begin anew. The run's metrics then have to be cut after
  /// its step, or after 0. Nothing is written; see [#bringMetrics].
  ///
  /// @param warnings told of damaged checkpoints that are passed over
  /// @throws InvalidInputException where the folder does not fit what is wanted
  default Optional<Checkpoint> resolve(CheckpointStore store, Consumer<String> warnings) {
    return switch (this) {
      case Auto() -> latest(store);
      case From(Path path) -> Optional.of(from(path, store, warnings));
      case None() -> {
        requireFresh(store, false);
        yield Optional.empty();
      }
    };
  }

  private static Optional<Checkpoint> latest(CheckpointStore store) {
    Optional<Checkpoint> latest = store.latestGood();
    List<Path> all = store.list();
    if (latest.isEmpty() && !all.isEmpty()) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          store.folder().toString(),
          store.folder()
              + ": all checkpoints are damaged ("
              + all.size()
              + "); start anew in another --out, or remove them");
    }
    return latest;
  }

  private static Checkpoint from(Path path, CheckpointStore store, Consumer<String> warnings) {
    Checkpoint checkpoint =
        Checkpoint.isOne(path)
            ? Checkpoint.open(path)
            : CheckpointStore.latestGood(path, warnings)
                .orElseThrow(() ->
                    InvalidInputException.config(
                        "--resume",
                        path + " is no checkpoint and no run folder with a good one; " + WAYS));
    if (isOwn(checkpoint, store)) {
      requireLatest(checkpoint, store);
    } else {
      requireFresh(store, true);
    }
    return checkpoint;
  }

  /// Whether a checkpoint is one of the run's own.
  static boolean isOwn(Checkpoint checkpoint, CheckpointStore store) {
    try {
      return checkpoint.folder().toRealPath().startsWith(store.folder().toRealPath());
    } catch (IOException e) {
      throw new UncheckedIOException(checkpoint.folder() + " cannot be read", e);
    }
  }

  /// Going on from an earlier checkpoint in the same folder would throw the later ones away.
  private static void requireLatest(Checkpoint checkpoint, CheckpointStore store) {
    Optional<Checkpoint> latest = store.latestGood();
    if (latest.isPresent() && latest.get().facts().step() > checkpoint.facts().step()) {
      throw InvalidInputException.config(
          "--resume",
          checkpoint.folder()
              + " is not the run's last checkpoint, which is "
              + latest.get().folder().getFileName()
              + "; give another --out, or remove the later ones");
    }
  }

  /// Without a checkpoint, as when a run was killed before its first, `--resume auto` would begin
  /// from scratch: not what is wanted where a checkpoint was named.
  private static void requireFresh(CheckpointStore store, boolean wantsCheckpoint) {
    if (!store.list().isEmpty()) {
      throw InvalidInputException.config(
          "--out",
          store.run()
              + " holds a run already; --resume auto goes on with it, or name another folder");
    }
    if (Files.exists(store.run().resolve(RunFolder.METRICS))) {
      throw InvalidInputException.config(
          "--out",
          store.run()
              + " holds a run that has no checkpoint; "
              + (wantsCheckpoint ? "remove it" : "--resume auto begins it anew")
              + ", or name another folder");
    }
  }

  /// Brings what another run wrote down before `checkpoint` into the folder of `store`, where they
  /// have to be cut after the checkpoint's step. Does nothing for a run's own.
  static void bringMetrics(Checkpoint checkpoint, CheckpointStore store) {
    if (isOwn(checkpoint, store)) {
      return;
    }
    Path run = store.run();
    Path checkpoints = checkpoint.folder().toAbsolutePath().normalize().getParent();
    Path other = checkpoints == null ? null : checkpoints.getParent();
    if (other == null) {
      return;
    }
    for (String name : CheckpointSaver.LINES) {
      Path lines = other.resolve(name);
      if (Files.isRegularFile(lines)) {
        try {
          AtomicFile.writeString(run.resolve(name), Files.readString(lines));
        } catch (IOException e) {
          throw new UncheckedIOException(lines + " cannot be read", e);
        }
      }
    }
  }
}
