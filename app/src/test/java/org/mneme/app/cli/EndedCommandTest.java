package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import org.mneme.model.HeadConfig;

/// Ends a command by a signal while it writes.
@Timeout(120)
class EndedCommandTest {
  private static final int TERMINATED = 143;

  @TempDir Path temp;

  @Test
  void whatACommandHasWrittenWhenASignalEndsItIsRemoved() throws Exception {
    Path model = TinyFolder.task(temp.resolve("model"), HeadConfig.singleLabel(List.of("a", "b")));
    Path folder = Files.createDirectory(temp.resolve("answers"));
    Path out = Files.writeString(folder.resolve("out.jsonl"), "old\n");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "predict",
                "--model",
                model.toString(),
                "--data",
                "-", // never comes
                "--out",
                out.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      while (names(folder).size() == 1) {
        assertTrue(process.isAlive(), "it failed");
        Thread.sleep(5);
      }
      process.destroy();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(TERMINATED, process.exitValue());
    assertEquals(List.of("out.jsonl"), names(folder));
    assertEquals("old\n", Files.readString(out));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
