package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.mneme.InvalidInputException;
import org.mneme.file.Renaming;
import org.mneme.file.Temporaries;

/// Writes a file such that its name always means either the whole old file or the whole new one.
///
/// The bytes go to a temporary file beside it, `.NAME.RANDOM.mneme-tmp`, which is flushed to the
/// disk and then renamed. Killed in between, a process leaves that file behind (ended by a signal,
/// too, unless it asked for [Temporaries#removeAtExit]); the next writer of the same name removes
/// it. Of two processes that write one file at a time, one fails and the file is whole.
public final class AtomicFile {
  /// How the names of temporary files and folders end.
  public static final String TEMPORARY = ".mneme-tmp";

  /// Puts the content into an open file.
  public interface Body {
    /// Writes all of it.
    void write(FileChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /// Writes `target` anew; on any failure the old file, or its absence, stays.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where the disk is full or the folder cannot
  ///   be written
  public static void write(Path target, Body body) {
    Path temporary = temporaryBeside(target);
    try {
      try (FileChannel channel = Temporaries.undisturbed(() -> open(temporary, target))) {
        body.write(channel);
        channel.force(true);
      }
      Temporaries.undisturbed(() -> {
        Renaming.replace(temporary, target);
        return target;
      });
    } catch (IOException e) {
      throw unwritable(target, e);
    } finally {
      deleteQuietly(temporary);
      Temporaries.forget(temporary);
    }
  }

  private static FileChannel open(Path temporary, Path target) throws IOException {
    Files.createDirectories(folderOf(target));
    removeLeftovers(target);
    Temporaries.add(temporary);
    return FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /// Writes `target` anew as UTF-8 text.
  public static void writeString(Path target, String content) {
    write(
        target,
        channel -> {
          ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  static Path folderOf(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    return parent == null ? target.toAbsolutePath() : parent;
  }

  /// A fresh name beside `target` that is recognised as a leftover when its writer dies.
  static Path temporaryBeside(Path target) {
    String random = UUID.randomUUID().toString().substring(0, 8);
    return folderOf(target).resolve("." + target.getFileName() + "." + random + TEMPORARY);
  }

  /// Removes what earlier writers of `target` left behind: files, and folders with what they hold.
  static void removeLeftovers(Path target) throws IOException {
    String start = "." + target.getFileName() + ".";
    // RANDOM has eight characters: so that "a" leaves the leftovers of its neighbour "a.b" alone
    int length = start.length() + 8 + TEMPORARY.length();
    DirectoryStream.Filter<Path> leftover =
        path -> {
          String name = String.valueOf(path.getFileName());
          return name.length() == length && name.startsWith(start) && name.endsWith(TEMPORARY);
        };
    try (var leftovers = Files.newDirectoryStream(folderOf(target), leftover)) {
      for (Path path : leftovers) {
        AtomicFolder.discard(path, target);
      }
    }
  }

  static InvalidInputException unwritable(Path target, IOException cause) {
    return new InvalidInputException(
        InvalidInputException.Kind.ENVIRONMENT,
        target.toString(),
        target
            + ": cannot be written ("
            + cause
            + "); check the free space, the permissions, and that nothing else saves there",
        cause);
  }

  private static void deleteQuietly(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // the reason of the failure is on its way already; the next save removes the file
    }
  }
}
