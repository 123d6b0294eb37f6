package org.mneme.data.shard;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.mneme.file.ProcessLock;

/// Keeps a second process from writing to a folder, see [ProcessLock].
final class ShardLock implements AutoCloseable {
  private final FileChannel channel;

  private ShardLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Waits until `folder`, made if need be, belongs to this process.
  static ShardLock of(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      ProcessLock.await(channel);
      return new ShardLock(channel);
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException("another thread of this process is writing to it", e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
