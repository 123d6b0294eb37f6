package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Kills a JVM in the middle of saving, again and again.
@Timeout(180)
class KilledSaveTest {
  private static final int KILLS = 8;

  @TempDir Path folder;
  @TempDir Path outputs;

  @Test
  void aKilledSaveOfAFileLeavesTheOldOrTheNewOne() throws Exception {
    Path target = folder.resolve("model.safetensors");
    killRepeatedly("file", target, EndlessSaver::generation);
    EndlessSaver.saveFile(target, 1, false);
    assertEquals(List.of("model.safetensors"), names());
  }

  @Test
  void aKilledSaveOfAFolderLeavesTheOldOrTheNewOne() throws Exception {
    Path target = folder.resolve("model");
    Files.createDirectory(target);
    Files.writeString(target.resolve("README.md"), "card");
    killRepeatedly("folder", target, EndlessSaver::generationOfFolder);
    EndlessSaver.saveFolder(target, 1, false);
    assertEquals(List.of("model"), names());
    assertEquals("card", Files.readString(target.resolve("README.md")));
  }

  @Test
  void aSaveThatASignalEndsLeavesTheOldOrTheNewOneAlone() throws Exception {
    Path file = folder.resolve("model.safetensors");
    Path model = folder.resolve("model");
    Random random = new Random(7);
    for (int kill = 0; kill < KILLS / 2; kill++) {
      int saved = saveUntilEnded("file", file, random.nextInt(80));
      int found = EndlessSaver.generation(file);
      assertTrue(found == saved || found == saved + 1, found + " on disk after " + saved);
      saved = saveUntilEnded("folder", model, random.nextInt(80));
      found = EndlessSaver.generationOfFolder(model);
      assertTrue(found == saved || found == saved + 1, found + " on disk after " + saved);
      assertEquals(List.of("model", "model.safetensors"), names());
    }
  }

  private void killRepeatedly(String mode, Path target, ToIntFunction<Path> generation)
      throws Exception {
    Random random = new Random(5);
    int leftovers = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      int saved = saveUntilKilled(mode, target, random.nextInt(80));
      int found = generation.applyAsInt(target);
      assertTrue(found == saved || found == saved + 1, found + " on disk after " + saved);
      for (String name : names()) {
        boolean leftover =
            name.matches(
                "\\.model(\\.safetensors)?\\.[0-9a-f]{8}\\.mneme-tmp|\\.model\\.mneme-old");
        assertTrue(leftover || name.equals(String.valueOf(target.getFileName())), name);
        leftovers += leftover ? 1 : 0;
      }
    }
    assertTrue(leftovers > 0, "no kill came during a save");
  }

  /// Returns the last generation that the killed process reported.
  private int saveUntilKilled(String mode, Path target, int millis) throws Exception {
    return save(Process::destroyForcibly, millis, mode, target.toString());
  }

  /// The same of a process that is told to end.
  private int saveUntilEnded(String mode, Path target, int millis) throws Exception {
    return save(Process::destroy, millis, mode, target.toString(), "tidily");
  }

  private int save(Consumer<Process> end, int millis, String... arguments) throws Exception {
    // a file, since the pipe is gone as soon as the process is
    Path output = Files.createTempFile(outputs, "saver", ".txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), EndlessSaver.class.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(output.toFile())
            .start();
    try {
      while (Files.size(output) == 0) {
        assertTrue(process.isAlive(), "the saver failed");
        Thread.sleep(5);
      }
      Thread.sleep(millis);
      end.accept(process);
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    return Integer.parseInt(Files.readAllLines(output).getLast());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
