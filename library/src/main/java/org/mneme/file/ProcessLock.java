package org.mneme.file;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A lock on a file against other processes and the other threads of this one. The system frees it
/// when the process ends, however it ends; the file stays and means nothing by itself. Where the
/// file system knows no locks other processes are not kept out.
public final class ProcessLock implements AutoCloseable {
  /// What this process has locked, by full path. It must not open such a file again: with any
  /// channel on a file that it closes, all its locks on that file end (POSIX).
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private ProcessLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /// Waits until no other process has `file`, made if absent in a folder that exists.
  ///
  /// @throws IOException where another thread of this process has it, where this one is
  ///   interrupted, or where the file cannot be written
  public static ProcessLock await(Path file) throws IOException {
    return open(file, true)
        .orElseThrow(() -> new IOException("another thread of this process has locked " + file));
  }

  /// Takes `file`, made if absent in a folder that exists; empty if it is taken, by whomever.
  ///
  /// @throws IOException where the file cannot be written
  public static Optional<ProcessLock> take(Path file) throws IOException {
    return open(file, false);
  }

  /// Whether somebody has `file`; makes it if absent.
  ///
  /// @throws IOException where the file cannot be written
  public static boolean isTaken(Path file) throws IOException {
    Optional<ProcessLock> free = take(file);
    free.ifPresent(ProcessLock::close);
    return free.isEmpty();
  }

  private static Optional<ProcessLock> open(Path file, boolean waiting) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = Objects.requireNonNull(absolute.getParent()).toRealPath();
    Path path = folder.resolve(absolute.getFileName());
    if (!OWN.add(path)) {
      return Optional.empty();
    }
    boolean locked = false;
    try {
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        locked = lock(channel, waiting);
        return locked ? Optional.of(new ProcessLock(path, channel)) : Optional.empty();
      } finally {
        if (!locked) {
          channel.close();
        }
      }
    } finally {
      if (!locked) {
        OWN.remove(path);
      }
    }
  }

  private static boolean lock(FileChannel channel, boolean waiting) throws IOException {
    try {
      return (waiting ? channel.lock() : channel.tryLock()) != null;
    } catch (FileLockInterruptionException | ClosedChannelException e) {
      throw e;
    } catch (OverlappingFileLockException e) {
      return false; // the same file by another name
    } catch (IOException e) {
      return true; // a file system without locks
    }
  }

  /// Lets others have the file.
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // the process's end frees it
    } finally {
      OWN.remove(file);
    }
  }
}
