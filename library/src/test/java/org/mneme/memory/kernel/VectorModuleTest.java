package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VectorModuleTest {
  @Test
  void theModuleIsThereWhereTheJvmWasAskedForIt() {
    assertTrue(VectorModule.load());
  }

  @Test
  void theModuleIsLoadedLaterWithoutAWord() throws IOException, InterruptedException {
    String option = "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED";
    assertEquals("true true slot 5", outputOf(option));
  }

  @Test
  void withoutThatOptionThereIsNone() throws IOException, InterruptedException {
    assertEquals("false false", outputOf("-Xshare:auto"));
  }

  /// What a search prints in a JVM with this option, warnings included.
  private static String outputOf(String option) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add(option);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(OneSearch.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS"); // of which the JVM would say a word
    Process process = builder.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    process.waitFor();
    return output;
  }

  /// Loads the module, twice, and searches one row.
  static final class OneSearch {
    private OneSearch() {}

    /// Prints whether the module was loaded, and the slot of the largest of nine scores.
    public static void main(String[] arguments) {
      String loaded = VectorModule.load() + " " + VectorModule.load();
      if (!VectorModule.load()) {
        System.out.println(loaded);
        return;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment scores =
            arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 9, 8, 7, 6);
        MemorySegment slot = arena.allocate(ValueLayout.JAVA_INT);
        MemorySegment sum = arena.allocate(ValueLayout.JAVA_FLOAT);
        new VectorSlotSearch()
            .flat(
                new SlotSearch.Task(scores.address(), slot.address(), sum.address(), 1, 1, 9, 1),
                0,
                1);
        System.out.println(loaded + " slot " + slot.get(ValueLayout.JAVA_INT, 0));
      }
    }
  }
}
