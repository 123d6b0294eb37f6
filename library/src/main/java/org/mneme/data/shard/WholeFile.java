package org.mneme.data.shard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.mneme.file.ProcessLock;
import org.mneme.file.Renaming;

/// Writes files under a temporary name and renames them when they are on the disk. One writer a
/// folder at a time, which [#lock] sees to: what it finds half-written it writes anew.
final class WholeFile {
  private static final String TEMPORARY = ".part";

  private WholeFile() {}

  /// Waits until `folder`, made if need be, is for this thread alone to write to.
  static ProcessLock lock(Path folder) throws IOException {
    Files.createDirectories(folder);
    return ProcessLock.await(folder.resolve(".lock"));
  }

  static void write(Path target, byte[] content) throws IOException {
    write(target, ByteBuffer.wrap(content));
  }

  static void write(Path target, ByteBuffer content) throws IOException {
    Path temporary = target.resolveSibling(target.getFileName() + TEMPORARY);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        var unused = channel.write(content);
      }
      channel.force(true);
    }
    Renaming.replace(temporary, target);
  }

  /// Removes what a killed writer left behind in `folder`.
  static void removeLeftovers(Path folder) throws IOException {
    try (var leftovers = Files.newDirectoryStream(folder, "*" + TEMPORARY)) {
      for (Path leftover : leftovers) {
        Files.deleteIfExists(leftover);
      }
    }
  }
}
