package org.mneme.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// The last step of writing a file whole: its name means the old file or the new one.
public final class Renaming {
  private Renaming() {}

  /// Puts `temporary`, which has been flushed to the disk, in the place of `target` in the same
  /// folder; that lasts through a power cut once this returns.
  public static void replace(Path temporary, Path target) throws IOException {
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null) {
      flush(folder);
    }
  }

  /// Makes renames in `folder` last through a power cut, where the system can (Windows cannot, nor
  /// need it).
  public static void flush(Path folder) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(folder, StandardOpenOption.READ);
    } catch (IOException e) {
      return;
    }
    try (channel) {
      channel.force(true);
    }
  }
}
