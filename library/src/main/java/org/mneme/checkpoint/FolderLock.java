package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// Keeps a second process out of a folder. The system lets go of the lock when its process ends,
/// however it ends; the file `.lock` stays and means nothing by itself.
final class FolderLock implements AutoCloseable {
  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Locks `folder`. Where the file system knows no locks nobody is kept out.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where it is locked already
  static FolderLock take(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (isTaken(channel)) {
      channel.close();
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          folder.toString(),
          folder
              + ": another process trains into this run; wait for its end or give another --out");
    }
    return new FolderLock(channel);
  }

  private static boolean isTaken(FileChannel channel) {
    try {
      @Nullable FileLock lock = channel.tryLock();
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
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
