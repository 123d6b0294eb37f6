package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// The help of every command is the text of its golden file and of the reference; `-Dhelp.update`
/// writes both.
class HelpTextTest {
  private static final Path REFERENCE =
      Path.of(System.getProperty("project.root"), "docs", "reference", "cli.md");
  private static final String MARKER = "<!-- Below: written by HelpTextTest -->\n";
  private static final Path FOLDER = Path.of("src/test/resources/org/mneme/app/cli/help");

  /// Every command as it is typed, such as `mneme doctor`.
  static List<String> commands() {
    List<String> names = new ArrayList<>();
    var nowhere = new PrintStream(PrintStream.nullOutputStream());
    collect("mneme", Main.commandLine(new Console(nowhere, nowhere)), names);
    return names;
  }

  /// What to type for the help of a command.
  static List<String> helpArguments(String command) {
    List<String> args = new ArrayList<>(List.of(command.split(" ")));
    args.removeFirst();
    args.add("--help");
    return args;
  }

  private static void collect(String name, CommandLine command, List<String> names) {
    names.add(name);
    command.getSubcommands().forEach((sub, line) -> collect(name + " " + sub, line, names));
  }

  private static String fileName(String command) {
    return command.replace(' ', '-') + ".txt";
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpIsTheGoldenText(String command) throws IOException {
    List<String> args = helpArguments(command);
    CommandRun run = CommandRun.of(args.toArray(String[]::new));
    assertEquals(0, run.exitCode());
    assertEquals("", run.err());

    Path golden = FOLDER.resolve(fileName(command));
    if (System.getProperty("help.update") != null) {
      Files.createDirectories(FOLDER);
      Files.writeString(golden, run.out());
    }
    if (!Files.exists(golden)) {
      fail(golden + " is missing: mvn test -Dtest=HelpTextTest -Dhelp.update writes it");
    }
    assertEquals(
        Files.readString(golden),
        run.out(),
        "help of " + args + "; accept it with: mvn test -Dtest=HelpTextTest -Dhelp.update");
  }

  @Test
  void percentSignsInDescriptionsAreDoubled() {
    // picocli takes them for format strings, warns on the process's own stderr and goes on
    PrintStream stderr = System.err;
    var warnings = new ByteArrayOutputStream();
    System.setErr(new PrintStream(warnings, true, StandardCharsets.UTF_8));
    try {
      for (String command : commands()) {
        CommandRun.of(helpArguments(command).toArray(String[]::new));
      }
    } finally {
      System.setErr(stderr);
    }
    assertEquals("", warnings.toString(StandardCharsets.UTF_8));
  }

  @Test
  void theReferenceHoldsTheHelpOfEveryCommand() throws IOException {
    StringBuilder sections = new StringBuilder();
    for (String command : commands()) {
      CommandRun run = CommandRun.of(helpArguments(command).toArray(String[]::new));
      sections.append("\n### ").append(command).append("\n\n```text\n");
      sections.append(run.out().replaceAll("[ \r]+\n", "\n").strip()).append("\n```\n");
    }
    String reference = Files.readString(REFERENCE);
    String byHand = reference.substring(0, reference.indexOf(MARKER) + MARKER.length());
    if (System.getProperty("help.update") != null) {
      Files.writeString(REFERENCE, byHand + sections);
    }
    assertEquals(
        byHand + sections,
        Files.readString(REFERENCE),
        "mvn test -Dtest=HelpTextTest -Dhelp.update writes " + REFERENCE);
  }

  @Test
  void goldenFilesBelongToCommands() throws IOException {
    List<String> known = commands().stream().map(HelpTextTest::fileName).toList();
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertEquals(
          List.of(),
          files
              .map(file -> file.getFileName().toString())
              .filter(f -> !known.contains(f))
              .toList());
    }
  }
}
