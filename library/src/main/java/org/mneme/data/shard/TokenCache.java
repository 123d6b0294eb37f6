package org.mneme.data.shard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.mneme.InvalidInputException;
import org.mneme.file.ProcessLock;

/// Folders of shards that runs leave to later runs, and from which old ones go.
///
/// Every use holds a lock on a file of its own inside the folder. The system frees the lock when
/// the process ends, however it ends: no folder in use goes, and none stays because somebody was
/// killed. Safe for several threads and processes.
///
/// @param folder of the folders
/// @param kept a folder that nobody used for longer goes
/// @param mostBytes while there are more, the folder goes that nobody used for longest
public record TokenCache(Path folder, Duration kept, long mostBytes) {
  private static final Duration MONTH = Duration.ofDays(30);
  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);
  private static final long MOST_BYTES = 20_000_000_000L;
  private static final String NAMES = "[0-9a-f]{16}";
  private static final String USE = ".use-";

  /// A folder of shards that stays until this is closed.
  public static final class Use implements AutoCloseable {
    private final Path folder;
    private final Path mark;
    private final ProcessLock lock;

    /// Making and deleting the mark are also what sets the time of the folder: its last use.
    private Use(Path folder) throws IOException {
      this.folder = folder;
      mark = folder.resolve(USE + UUID.randomUUID());
      lock = ProcessLock.await(mark);
    }

    /// Where the shards are, or will be.
    public Path folder() {
      return folder;
    }

    /// Removes the shards, for whoever found them damaged.
    ///
    /// @throws InvalidInputException of kind ENVIRONMENT where they cannot be removed
    public void clear() {
      try (ProcessLock lock = WholeFile.lock(folder)) {
        deleteShards(folder, "*.bin");
      } catch (IOException e) {
        throw ShardFormat.unwritable(folder, e);
      }
    }

    @Override
    public void close() {
      try {
        lock.close();
        Files.deleteIfExists(mark);
      } catch (IOException e) {
        throw ShardFormat.unwritable(folder, e);
      }
    }
  }

  private record Kept(Path folder, Instant lastUse, long bytes) {}

  /// Loses what nobody used for 30 days, and what is more than 20 GB.
  public static TokenCache passing(Path folder) {
    return new TokenCache(folder, MONTH, MOST_BYTES);
  }

  /// Loses nothing.
  public static TokenCache lasting(Path folder) {
    return new TokenCache(folder, FOR_EVER, Long.MAX_VALUE);
  }

  /// Begins to use the folder called `fingerprint`, made if need be; to be closed.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where the cache cannot be written
  public Use use(String fingerprint) {
    Path used = folder.resolve(fingerprint.substring(0, 16));
    synchronized (TokenCache.class) { // a lock on a file keeps out other processes only
      try (ProcessLock lock = WholeFile.lock(folder)) {
        Files.createDirectories(used);
        for (Path mark : marks(used)) {
          if (!ProcessLock.isTaken(mark)) {
            Files.deleteIfExists(mark);
          }
        }
        return new Use(used);
      } catch (IOException e) {
        throw ShardFormat.unwritable(folder, e);
      }
    }
  }

  /// Deletes what is too old or too much and not in use. What cannot be deleted stays.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT where the cache cannot be written
  public void clean() {
    synchronized (TokenCache.class) {
      try (ProcessLock lock = WholeFile.lock(folder)) {
        List<Kept> all = new ArrayList<>(folders());
        all.sort(Comparator.comparing(Kept::lastUse));
        long bytes = all.stream().mapToLong(Kept::bytes).sum();
        Instant now = Instant.now();
        for (Kept each : all) {
          boolean old = Duration.between(each.lastUse, now).compareTo(kept) > 0;
          if ((old || bytes > mostBytes) && !isUsed(each.folder)) {
            delete(each.folder);
            bytes -= each.bytes;
          }
        }
      } catch (IOException e) {
        throw ShardFormat.unwritable(folder, e);
      }
    }
  }

  private List<Kept> folders() throws IOException {
    List<Kept> all = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path entry : entries) {
        if (String.valueOf(entry.getFileName()).matches(NAMES)) {
          all.add(new Kept(entry, Files.getLastModifiedTime(entry).toInstant(), bytes(entry)));
        }
      }
    }
    return all;
  }

  private static long bytes(Path folder) throws IOException {
    long bytes = 0;
    for (Path file : files(folder, "*")) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private static boolean isUsed(Path folder) throws IOException {
    for (Path mark : marks(folder)) {
      if (ProcessLock.isTaken(mark)) {
        return true;
      }
    }
    return false;
  }

  private static List<Path> marks(Path folder) throws IOException {
    return files(folder, USE + "*");
  }

  private static List<Path> files(Path folder, String names) throws IOException {
    List<Path> files = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(folder, names)) {
      entries.forEach(files::add);
    }
    return files;
  }

  private static void delete(Path folder) throws IOException {
    deleteShards(folder, "*");
    Files.deleteIfExists(folder);
  }

  /// The index first: what is left of a folder without it counts for nothing.
  private static void deleteShards(Path folder, String names) throws IOException {
    Files.deleteIfExists(folder.resolve(ShardIndex.NAME));
    for (Path file : files(folder, names)) {
      Files.deleteIfExists(file);
    }
  }
}
