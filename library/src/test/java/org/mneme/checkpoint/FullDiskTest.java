package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Checkpoints where the system gives no more room: a limit on the size of files, and a file system
/// that is full (which only root can make).
@Timeout(120)
class FullDiskTest {
  @TempDir Path temp;

  @Test
  void aFileThatMayNotGrowLosesNoEarlierCheckpoint() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs a shell with ulimit");
    check(temp.resolve("run"), "ulimit -f 2000; exec \"$@\"");
  }

  @Test
  void aFullDiskLosesNoEarlierCheckpoint() throws Exception {
    Path disk = Files.createDirectory(temp.resolve("disk"));
    assumeTrue(
        isDone("mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk.toString()),
        "needs the right to mount a small file system");
    try {
      String message = check(disk.resolve("run"), "exec \"$@\"");
      assertTrue(message.contains("No space left on device"), message);
    } finally {
      assertTrue(isDone("umount", disk.toString()));
    }
  }

  private static boolean isDone(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /// Returns why the last checkpoint was not written.
  private String check(Path run, String shell) throws Exception {
    List<String> lines = saveUntilFull(run, shell);
    String message = lines.removeLast();
    long last = lines.size();
    assertTrue(last >= 2, lines.toString());
    assertEquals("saved " + last, lines.getLast());
    String next = "step-%08d".formatted(last + 1);
    assertTrue(message.startsWith("ENVIRONMENT " + run), message);
    assertTrue(message.contains(next + ": the checkpoint cannot be saved ("), message);
    assertTrue(message.matches(".* it takes about [\\d.,]+ (bytes|MB), .* are free.*"), message);
    assertTrue(message.contains("--resume auto"), message);
    try (CheckpointStore store =
        CheckpointStore.open(run, new KeepConfig(1, 0, 2, null), warning -> {})) {
      assertEquals(2, store.list().size());
      for (Path path : store.list()) {
        assertTrue(Checkpoint.open(path).facts().step() >= last - 1);
      }
      try (Stream<Path> paths = Files.list(store.folder())) {
        assertEquals(3, paths.count(), "two checkpoints and the lock");
      }
    }
    return message;
  }

  private List<String> saveUntilFull(Path run, String shell) throws Exception {
    Path output = temp.resolve("output.txt"); // the shell's limit holds for it too: it is short
    Process process =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                shell,
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                FullDisk.class.getName(),
                run.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(100, TimeUnit.SECONDS));
    return new ArrayList<>(Files.readAllLines(output));
  }
}
