package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mneme.InvalidInputException;
import org.mneme.file.ProcessLock;

/// Keeps everybody else out of a folder, see [ProcessLock].
///
/// @param file `.lock` in the folder
record FolderLock(Path file, ProcessLock lock) implements AutoCloseable {
  private static final String FILE = ".lock";

  /// Whether `path` is named as a lock.
  static boolean isOne(Path path) {
    return path.getFileName().toString().equals(FILE);
  }

  /// Locks `folder`.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where it is locked already
  static FolderLock take(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    ProcessLock lock =
        ProcessLock.take(file)
            .orElseThrow(() ->
                new InvalidInputException(
                    InvalidInputException.Kind.ENVIRONMENT,
                    folder.toString(),
                    folder
                        + ": another process trains into this run;"
                        + " wait for its end or give another --out"));
    return new FolderLock(file, lock);
  }

  /// Removes the file, for whoever removes the folder; the lock is held until [#close].
  void remove() throws IOException {
    Files.delete(file);
  }

  @Override
  public void close() {
    lock.close();
  }
}
