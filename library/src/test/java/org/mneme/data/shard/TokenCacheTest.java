package org.mneme.data.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class TokenCacheTest {
  @TempDir private Path folder;

  private static String name(int number) {
    return "%016x".formatted(number);
  }

  /// A folder of some bytes that was used so many days ago.
  private Path used(int number, int daysAgo, int bytes) throws IOException {
    Path shards = Files.createDirectories(folder.resolve(name(number)));
    Files.write(shards.resolve("tokens-00000.bin"), new byte[bytes]);
    Files.writeString(shards.resolve("index.json"), "");
    return aged(shards, daysAgo);
  }

  private static Path aged(Path shards, int daysAgo) throws IOException {
    return Files.setLastModifiedTime(
        shards, FileTime.from(Instant.now().minus(Duration.ofDays(daysAgo))));
  }

  private List<String> left() throws IOException {
    try (var entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !name.equals(".lock"))
          .sorted()
          .toList();
    }
  }

  @Test
  void whatNobodyUsedForAMonthGoes() throws IOException {
    used(1, 31, 10);
    used(2, 29, 10);
    used(3, 400, 10);
    TokenCache.lasting(folder).clean();
    assertEquals(List.of(name(1), name(2), name(3)), left());
    TokenCache.passing(folder).clean();
    assertEquals(List.of(name(2)), left());
  }

  @Test
  void usingAFolderKeepsIt() throws IOException {
    aged(used(1, 0, 10), 31);
    TokenCache.passing(folder).use(name(1) + "more of the fingerprint").close();
    TokenCache.passing(folder).clean();
    assertEquals(List.of(name(1)), left());
  }

  @Test
  void ofTooMuchTheLeastRecentlyUsedGoFirst() throws IOException {
    used(1, 2, 1000);
    used(2, 3, 1000);
    used(3, 1, 1000);
    new TokenCache(folder, Duration.ofDays(30), 2500).clean();
    assertEquals(List.of(name(1), name(3)), left());
    TokenCache full = new TokenCache(folder, Duration.ofDays(30), 0);
    try (TokenCache.Use _ = full.use(name(1))) {
      full.clean();
      assertEquals(List.of(name(1)), left());
    }
    full.clean();
    assertEquals(List.of(), left());
  }

  @Test
  void whatIsNotOfTheCacheStays() throws IOException {
    Path notes = Files.createDirectories(folder.resolve("notes"));
    Files.writeString(notes.resolve("index.json"), "mine");
    aged(notes, 90);
    Files.writeString(folder.resolve("0000000000000001"), "a file");
    new TokenCache(folder, Duration.ZERO, 0).clean();
    assertEquals(List.of("0000000000000001", "notes"), left());
    assertEquals("mine", Files.readString(notes.resolve("index.json")));
  }

  @Test
  @Timeout(60)
  void whatAnotherProcessUsesStaysUntilThatEnds() throws Exception {
    used(1, 0, 10);
    TokenCache cache = new TokenCache(folder, Duration.ZERO, 0);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName(),
                folder.toString(),
                name(1))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals('r', process.getInputStream().read());
      cache.clean();
      assertEquals(List.of(name(1)), left());
    } finally {
      process.destroyForcibly();
    }
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    cache.clean();
    assertEquals(List.of(), left());
  }

  /// Uses a folder for ever, and for a moment twice.
  static final class Reader {
    private Reader() {}

    public static void main(String[] args) throws InterruptedException {
      TokenCache cache = TokenCache.passing(Path.of(args[0]));
      try (TokenCache.Use _ = cache.use(args[1])) {
        cache.use(args[1]).close();
        System.out.print("r");
        System.out.flush();
        Thread.sleep(Duration.ofHours(1));
      }
    }
  }
}
