package org.mneme.file;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.OverlappingFileLockException;
import org.jspecify.annotations.Nullable;

/// Locks on files against other processes, which the system frees when the process ends, however it
/// ends. Where the file system knows no locks nobody is kept out.
public final class ProcessLock {
  private ProcessLock() {}

  /// Waits until the file of `channel` belongs to this process, until `channel` is closed.
  ///
  /// @throws OverlappingFileLockException where another channel of this process has it
  /// @throws IOException where the thread is interrupted or `channel` is closed
  public static void await(FileChannel channel) throws IOException {
    try {
      FileLock unused = channel.lock();
    } catch (FileLockInterruptionException | ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      // a file system without locks
    }
  }

  /// Takes the file of `channel`, until `channel` is closed, unless it is taken, by whomever.
  ///
  /// @return whether it was free
  public static boolean take(FileChannel channel) {
    try {
      @Nullable FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      return true; // a file system without locks
    }
  }
}
