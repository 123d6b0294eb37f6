package org.mneme.file;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessLockTest {
  @TempDir private Path temp;

  private FileChannel open() throws IOException {
    return FileChannel.open(
        temp.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  @Test
  void whatIsTakenIsNotFreeUntilItsChannelIsClosed() throws IOException {
    try (FileChannel second = open()) {
      try (FileChannel first = open()) {
        ProcessLock.await(first);
        assertFalse(ProcessLock.take(second));
        assertThrows(OverlappingFileLockException.class, () -> ProcessLock.await(second));
      }
      assertTrue(ProcessLock.take(second));
    }
  }

  @Test
  void whoeverIsInterruptedHasNoLock() throws IOException {
    try (FileChannel channel = open()) {
      Thread.currentThread().interrupt();
      assertThrows(IOException.class, () -> ProcessLock.await(channel));
    } finally {
      assertTrue(Thread.interrupted());
    }
  }
}
