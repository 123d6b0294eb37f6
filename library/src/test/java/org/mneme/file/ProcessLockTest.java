package org.mneme.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessLockTest {
  @TempDir private Path temp;
  private Path file;

  @BeforeEach
  void nameAFile() {
    file = temp.resolve("lock");
  }

  @Test
  void whatIsLockedIsTakenUntilItIsClosed() throws IOException {
    try (ProcessLock lock = ProcessLock.await(file)) {
      assertTrue(ProcessLock.isTaken(file));
      assertTrue(ProcessLock.take(file).isEmpty());
      String message = assertThrows(IOException.class, () -> ProcessLock.await(file)).getMessage();
      assertTrue(message.contains(file.toString()), message);
    }
    assertFalse(ProcessLock.isTaken(file));
    ProcessLock.take(file).orElseThrow().close();
  }

  @Test
  void aLockIsKnownByEveryNameOfItsFolder() throws IOException {
    Path link =
        Files.createSymbolicLink(
            temp.resolve("link"), Files.createDirectory(temp.resolve("folder")));
    try (ProcessLock lock = ProcessLock.await(link.resolve("lock"))) {
      assertTrue(ProcessLock.isTaken(temp.resolve("folder/../folder/lock")));
    }
  }

  /// Closing any channel on a file would end this process's locks on it.
  @Test
  void anotherProcessIsKeptOutAlsoAfterThisOneAskedAgain() throws Exception {
    try (ProcessLock lock = ProcessLock.await(file)) {
      assertTrue(ProcessLock.take(file).isEmpty());
      assertEquals("true", isTakenElsewhere());
    }
    assertEquals("false", isTakenElsewhere());
  }

  private String isTakenElsewhere() throws IOException, InterruptedException {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Asking.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String answer = new String(other.getInputStream().readAllBytes()).strip();
    assertTrue(other.waitFor(1, TimeUnit.MINUTES));
    return answer;
  }

  /// Another process, which asks whether a file is taken.
  static final class Asking {
    private Asking() {}

    public static void main(String... arguments) throws IOException {
      System.out.println(ProcessLock.isTaken(Path.of(arguments[0])));
    }
  }

  @Test
  void whoeverIsInterruptedHasNoLock() throws IOException {
    Thread.currentThread().interrupt();
    assertThrows(IOException.class, () -> ProcessLock.await(file));
    assertTrue(Thread.interrupted());
    assertFalse(ProcessLock.isTaken(file));
  }
}
