package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
  void constantsAreCalledAsInSettings() {
    assertUsageError(
        "mneme: invalid value for option '--placement': besid is none of beside, replace; did you"
            + " mean beside? (see mneme augment --help)",
        "augment",
        "models/none",
        "--layers=1",
        "--out=models/new",
        "--placement=besid");
    // understood: what comes next is the folder
    for (String placement : List.of("replace", "REPLACE")) {
      CommandRun run =
          CommandRun.of(
              "augment", "models/none", "--layers=1", "--out=models/new", "--placement", placement);
      assertTrue(run.err().startsWith("mneme: models/none"), run.err());
    }
    assertTrue(CommandRun.of("completion", "bash").out().contains("beside"));
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
    CommandRun run = CommandRun.inOwnJvm(List.of("-Xlog:class+init:stdout"), args);
    assertEquals(0, run.exitCode(), run.out());
    return INITIALISED.matcher(run.out()).results().map(found -> found.group(1)).toList();
  }

  @Test
  void aResultThatCannotBeWrittenIsAnErrorButNotWhereNobodyReads() {
    CommandRun full = CommandRun.withoutStdout("No space left on device", "config", "schema");
    assertEquals(7, full.exitCode());
    assertTrue(full.err().startsWith("mneme: stdout cannot be written (No space"), full.err());
    assertEquals(new CommandRun(0, "", ""), CommandRun.withoutStdout("Broken pipe", "--version"));
  }
}
