package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.mneme.InvalidInputException;
import org.mneme.file.ProcessLock;

/// Keeps a second process out of a folder, see [ProcessLock]. The file `.lock` stays and means
/// nothing by itself.
final class FolderLock implements AutoCloseable {
  private static final String FILE = ".lock";

  private final Path file;
  private final FileChannel channel;

  private FolderLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Whether `path` is named as a lock.
  static boolean isOne(Path path) {
    return path.getFileName().toString().equals(FILE);
  }

  /// Locks `folder`. Where the file system knows no locks nobody is kept out.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where it is locked already
  static FolderLock take(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!ProcessLock.take(channel)) {
      channel.close();
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          folder.toString(),
          folder
              + ": another process trains into this run; wait for its end or give another --out");
    }
    return new FolderLock(file, channel);
  }

  /// Removes the file, for whoever removes the folder; the lock is held until [#close].
  void remove() throws IOException {
    Files.delete(file);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // the process's end frees it
    }
  }
}
