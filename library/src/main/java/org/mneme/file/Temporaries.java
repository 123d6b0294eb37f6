package org.mneme.file;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// The temporary files and folders that are being written, so that a program that a signal ends
/// leaves none behind.
///
/// Only a program that asks for it ([#removeAtExit]) has them removed: one that saves in a shutdown
/// hook of its own could not finish.
public final class Temporaries {
  private static final int TRIES = 5;

  private static final Set<Path> LIVE = ConcurrentHashMap.newKeySet();

  /// Writers make and rename temporaries under its read lock. The one who removes them all never
  /// gives the write lock back: what is half removed must not be renamed, nor made again.
  private static final ReentrantReadWriteLock ENDING = new ReentrantReadWriteLock();

  /// What is done with files.
  @FunctionalInterface
  public interface Action<T> {
    /// Does it.
    T run() throws IOException;
  }

  private Temporaries() {}

  /// Says that `temporary` is being written, or about to be made; [#forget] has to follow, whatever
  /// happens.
  public static void add(Path temporary) {
    LIVE.add(temporary);
  }

  /// Says that `temporary` is gone: renamed, or removed.
  public static void forget(Path temporary) {
    LIVE.remove(temporary);
  }

  /// Makes a temporary, or puts one in its place, wholly or not at all. Where the program is ending
  /// this never returns.
  public static <T> T undisturbed(Action<T> action) throws IOException {
    ENDING.readLock().lock();
    try {
      return action.run();
    } finally {
      ENDING.readLock().unlock();
    }
  }

  /// Sees to it that the end of this program, by a signal, too, removes what is being written then.
  /// To be called once, by a program whose shutdown hooks save nothing.
  public static void removeAtExit() {
    Runtime.getRuntime().addShutdownHook(new Thread(Temporaries::removeAll, "temporaries"));
  }

  private static void removeAll() {
    ENDING.writeLock().lock();
    for (Path temporary : LIVE) {
      boolean removed = false;
      for (int tries = 0; !removed && tries < TRIES; tries++) {
        removed = removed(temporary);
      }
    }
  }

  /// False where a writer put something into the folder, or took it away, in the meantime. What
  /// cannot be removed is left to the next writer of the same name.
  private static boolean removed(Path temporary) {
    try {
      if (Files.exists(temporary)) {
        remove(temporary);
      }
      return true;
    } catch (DirectoryNotEmptyException | NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true; // trying again does not help
    }
  }

  /// Removes a file, or a folder with all that it holds.
  public static void remove(Path path) throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
