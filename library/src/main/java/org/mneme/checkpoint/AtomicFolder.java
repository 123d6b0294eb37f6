package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.mneme.InvalidInputException;
import org.mneme.file.Renaming;
import org.mneme.file.Temporaries;

/// Writes a folder such that its name means either the whole old folder or the whole new one.
///
/// The files go to a temporary folder beside it, `.NAME.RANDOM.mneme-tmp`. Then the old folder is
/// renamed to `.NAME.mneme-old`, the temporary one to `NAME`, and the old one is removed. A process
/// killed between the two renames leaves `.NAME.mneme-old`, which is always whole: [#recover] puts
/// it back, and so does every [#write].
public final class AtomicFolder {
  static final String OLD = ".mneme-old";
  private static final int PATIENCE_MILLIS = 200;

  /// Fills an empty folder.
  public interface Body {
    /// Writes all files; each must have been flushed to the disk, as [AtomicFile] does.
    void write(Path folder) throws IOException;
  }

  private AtomicFolder() {}

  /// Replaces `target`, or makes it; on any failure the old folder, or its absence, stays.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where the disk is full or the place cannot
  ///   be written
  public static void write(Path target, Body body) {
    recover(target);
    Path temporary = AtomicFile.temporaryBeside(target);
    try {
      body.write(Temporaries.undisturbed(() -> create(temporary, target)));
      Renaming.flush(temporary);
      Temporaries.undisturbed(() -> replace(temporary, target));
    } catch (IOException e) {
      throw AtomicFile.unwritable(target, e);
    } finally {
      removeQuietly(temporary);
      Temporaries.forget(temporary);
    }
  }

  private static Path create(Path temporary, Path target) throws IOException {
    Files.createDirectories(AtomicFile.folderOf(target));
    discard(old(target), target);
    AtomicFile.removeLeftovers(target);
    Temporaries.add(temporary);
    return Files.createDirectory(temporary);
  }

  private static Path replace(Path temporary, Path target) throws IOException {
    swap(temporary, target);
    Renaming.flush(AtomicFile.folderOf(target));
    discard(old(target), target);
    return target;
  }

  private static void swap(Path temporary, Path target) throws IOException {
    boolean replaces = Files.exists(target);
    if (replaces) {
      Files.move(target, old(target), StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (replaces && !Files.exists(target)) {
        Files.move(old(target), target, StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
  }

  /// Puts `target` back where a writer was killed between its two renames; otherwise does nothing.
  public static void recover(Path target) {
    try {
      // a living writer is between its renames for microseconds only
      for (int waited = 0; Files.exists(old(target)) && !Files.exists(target); waited += 20) {
        if (waited >= PATIENCE_MILLIS) {
          Files.move(old(target), target, StandardCopyOption.ATOMIC_MOVE);
          return;
        }
        Thread.sleep(20);
      }
    } catch (IOException e) {
      if (!Files.exists(target)) {
        throw WeightsError.file(
            target,
            "is missing since a save was interrupted, and cannot be put back (" + e + ")",
            "rename " + old(target) + " to it",
            e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Checks that `folder` may be written, after putting right what an interrupted save left.
  ///
  /// @param overwrite whether it may hold something
  /// @throws InvalidInputException of kind CONFIG where it may not
  public static void requireFree(Path folder, boolean overwrite) {
    recover(folder);
    if (overwrite || !Files.exists(folder)) {
      return;
    }
    boolean empty = false;
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        empty = files.findAny().isEmpty();
      } catch (IOException e) {
        throw new InvalidInputException(
            InvalidInputException.Kind.ENVIRONMENT,
            folder.toString(),
            folder + " cannot be listed: " + e,
            e);
      }
    }
    if (!empty) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          folder.toString(),
          folder
              + " exists and is not empty; name a new folder, or allow it to be overwritten"
              + " (--overwrite)");
    }
  }

  private static Path old(Path target) {
    return AtomicFile.folderOf(target).resolve("." + target.getFileName() + OLD);
  }

  /// Removes `path` (a file, a folder, or nothing) for good. A folder is first renamed to a
  /// temporary name of `target`, so that no half-removed folder goes by a name that means
  /// something.
  static void discard(Path path, Path target) throws IOException {
    try {
      if (Files.isDirectory(path)) {
        Path doomed = AtomicFile.temporaryBeside(target);
        Files.move(path, doomed, StandardCopyOption.ATOMIC_MOVE);
        Temporaries.remove(doomed);
      } else {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // another writer was quicker
    }
  }

  /// Removes a folder where there is one; what cannot be removed stays.
  public static void removeQuietly(Path folder) {
    try {
      if (Files.isDirectory(folder)) {
        Temporaries.remove(folder);
      }
    } catch (IOException e) {
      // the reason of the failure is on its way already; the next save removes the folder
    }
  }
}
