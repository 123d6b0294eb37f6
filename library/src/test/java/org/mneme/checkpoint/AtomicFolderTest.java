package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;

class AtomicFolderTest {
  @TempDir Path parent;
  private Path target = Path.of("");

  @BeforeEach
  void name() {
    target = parent.resolve("step-00000100");
  }

  private static AtomicFolder.Body holding(String text) {
    return folder -> Files.writeString(folder.resolve("text"), text);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(parent)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private String text() throws IOException {
    return Files.readString(target.resolve("text"));
  }

  @Test
  void aFolderIsMadeAndReplacedAsAWhole() throws IOException {
    AtomicFolder.write(target, holding("one"));
    AtomicFolder.write(
        target,
        folder -> {
          assertEquals("one", text());
          Files.writeString(folder.resolve("other"), "two");
        });
    assertEquals(List.of("step-00000100"), names());
    assertTrue(Files.notExists(target.resolve("text")));
    assertEquals("two", Files.readString(target.resolve("other")));
  }

  @Test
  void aSaveThatFailsLeavesTheOldFolderAndNoOther() throws IOException {
    AtomicFolder.write(target, holding("one"));
    var error =
        assertThrows(
            InvalidInputException.class,
            () ->
                AtomicFolder.write(
                    target,
                    folder -> {
                      Files.createDirectories(folder.resolve("deep/er"));
                      throw new IOException("no space left");
                    }));
    assertTrue(error.toString().contains(target + ": cannot be written"), error.toString());
    assertTrue(error.toString().contains("no space left"), error.toString());
    assertEquals(List.of("step-00000100"), names());
    assertEquals("one", text());
  }

  @Test
  void aFolderBetweenTheTwoRenamesIsPutBack() throws IOException {
    AtomicFolder.write(target, holding("one"));
    Files.move(target, parent.resolve(".step-00000100.mneme-old"));
    AtomicFolder.recover(target);
    assertEquals("one", text());
    assertEquals(List.of("step-00000100"), names());
  }

  @Test
  void theNextSaveRecoversFirstSoThatItsFailureLosesNothing() throws IOException {
    AtomicFolder.write(target, holding("one"));
    Files.move(target, parent.resolve(".step-00000100.mneme-old"));
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFolder.write(
                target,
                folder -> {
                  throw new IllegalStateException();
                }));
    assertEquals("one", text());
  }

  @Test
  void leftoversOfKilledSavesAreRemovedByTheNext() throws IOException {
    AtomicFolder.write(target, holding("one"));
    Files.createDirectories(parent.resolve(".step-00000100.mneme-old/deep"));
    Files.createDirectories(parent.resolve(".step-00000100.01234567.mneme-tmp/deep"));
    Files.createDirectories(parent.resolve(".step-00000200.01234567.mneme-tmp/deep"));
    AtomicFolder.write(target, holding("two"));
    assertEquals(List.of(".step-00000200.01234567.mneme-tmp", "step-00000100"), names());
    assertEquals("two", text());
  }

  @Test
  void recoveringLeavesAPresentFolderAlone() throws IOException {
    AtomicFolder.write(target, holding("two"));
    Files.createDirectories(parent.resolve(".step-00000100.mneme-old"));
    AtomicFolder.recover(target);
    assertEquals("two", text());
    AtomicFolder.recover(parent.resolve("never-saved"));
    assertTrue(Files.notExists(parent.resolve("never-saved")));
  }
}
