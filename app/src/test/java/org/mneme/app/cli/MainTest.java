package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MainTest {
  private static final Pattern INITIALISED = Pattern.compile("Initializing '([^']+)'");

  private static void assertUsageError(String message, String... args) {
    CommandRun run = CommandRun.of(args);
    assertEquals(2, run.exitCode());
    assertEquals("", run.out());
    assertEquals(message + System.lineSeparator(), run.err());
  }

  @Test
  void misspeltCommandsAndOptionsGetASuggestion() {
    assertUsageError(
        "mneme: unknown command 'docter'; did you mean doctor? (see mneme --help)", "docter");
    assertUsageError(
        "mneme: unknown option '--jsn'; did you mean --json? (see mneme doctor --help)",
        "doctor",
        "--jsn");
  }

  @Test
  void whatCannotBeUnderstoodIsAUsageError() {
    assertUsageError("mneme: a command is missing (see mneme --help)");
    assertUsageError("mneme: unknown argument 'now' (see mneme doctor --help)", "doctor", "now");
    assertEquals(2, CommandRun.of("doctor", "--progress", "loud").exitCode());
    assertEquals(2, CommandRun.of("completion").exitCode());
  }

  @Test
  void versionNamesMnemeLibtorchAndJava() {
    CommandRun run = CommandRun.of("--version");
    assertEquals(0, run.exitCode());
    List<String> lines = run.out().lines().toList();
    assertEquals(3, lines.size());
    assertTrue(
        lines.get(0).matches("mneme \\d+\\.\\d+\\.\\d+\\S* \\(commit \\w+\\)"), lines.get(0));
    assertTrue(lines.get(1).matches("libtorch \\d+\\.\\d+\\.\\d+-\\S+"), lines.get(1));
    assertTrue(lines.get(2).startsWith("java "), lines.get(2));
  }

  @Test
  void completionKnowsTheCommands() {
    CommandRun run = CommandRun.of("completion", "bash");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("doctor"), run.out());
  }

  @Test
  void helpAndVersionStartNeitherLibtorchNorJackson() throws Exception {
    List<List<String>> commandLines = new ArrayList<>(List.of(List.of("--version")));
    for (String command : HelpTextTest.commands()) {
      commandLines.add(HelpTextTest.helpArguments(command));
    }
    for (List<String> args : commandLines) {
      List<String> started = classesStartedBy(args);
      assertTrue(
          started.contains("org/mneme/app/cli/Main"), () -> "no list of classes: " + started);
      assertEquals(
          List.of(),
          started.stream()
              .filter(name -> name.startsWith("org/bytedeco/") || name.startsWith("tools/jackson/"))
              .toList(),
          () -> args + " starts what it does not need");
    }
  }

  /// The classes whose static initialisers ran, in a JVM of its own.
  private static List<String> classesStartedBy(List<String> args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xlog:class+init:stdout", "-cp", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(args);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "does not end");
    assertEquals(0, process.exitValue(), output);
    return INITIALISED.matcher(output).results().map(found -> found.group(1)).toList();
  }
}
