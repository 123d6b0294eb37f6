package org.mneme.app.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.mneme.InvalidInputException;
import org.mneme.Version;
import org.mneme.file.Temporaries;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/// The `mneme` command: reads the global options and hands over to a subcommand.
///
/// Nothing here or in a subcommand's constructor may touch libtorch: `--help` has to answer at
/// once.
@Command(
    name = "mneme",
    description = "Gives language models large, sparse memories.",
    subcommands = {
      QuickstartCommand.class,
      Import.class,
      TokenizerCommand.class,
      Prepare.class,
      EstimateCommand.class,
      Train.class,
      Finetune.class,
      Teach.class,
      Watch.class,
      Runs.class,
      Augment.class,
      Embed.class,
      Evaluate.class,
      Predict.class,
      FillMaskCommand.class,
      Generate.class,
      Inspect.class,
      VocabularyCommand.class,
      Config.class,
      RecipesCommand.class,
      Bench.class,
      Doctor.class,
      Completion.class
    },
    versionProvider = Main.VersionLines.class,
    synopsisSubcommandLabel = "COMMAND",
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpWidth = 90,
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%nArguments:%n",
    commandListHeading = "%nCommands:%n")
public final class Main implements Runnable {
  private final Console console;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  Main(Console console) {
    this.console = console;
    this.spec = CommandLine.Model.CommandSpec.create(); // picocli sets the real one
  }

  @Option(
      names = {"-q", "--quiet"},
      description = "Print only results and errors.",
      scope = ScopeType.INHERIT,
      order = 100)
  void quiet(boolean quiet) {
    console.quiet(quiet);
  }

  @Option(
      names = {"-v", "--verbose"},
      description = "Print more, and where an error came from.",
      scope = ScopeType.INHERIT,
      order = 101)
  void verbose(boolean verbose) {
    console.verbose(verbose);
  }

  @Option(
      names = "--progress",
      paramLabel = "HOW",
      description = "Progress on stderr: ${COMPLETION-CANDIDATES}.",
      scope = ScopeType.INHERIT,
      order = 102)
  void progress(ProgressStyle style) {
    console.progress(style);
  }

  @Option(
      names = {"-h", "--help"},
      description = "Print this help.",
      usageHelp = true,
      scope = ScopeType.INHERIT,
      order = 103)
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  @Option(names = "--version", description = "Print versions.", versionHelp = true, order = 104)
  @SuppressWarnings("unused") // picocli acts on it
  private boolean version;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /// Runs the command line and ends the JVM with its exit code.
  public static void main(String[] args) {
    Temporaries.removeAtExit();
    // not System.out, which keeps errors to itself
    System.exit(run(new FileOutputStream(FileDescriptor.out), System.err, args));
  }

  /// Runs the command line `args`; results go to `out`, everything else to `err`. Returns the exit
  /// code, which is not that of success where `out` took less than all.
  static int run(OutputStream out, PrintStream err, String... args) {
    Console console = new Console(out, err);
    int exitCode = commandLine(console).execute(args);
    if (exitCode != ExitCode.OK) {
      return exitCode;
    }
    try {
      boolean unused = console.isRead();
      return ExitCode.OK;
    } catch (InvalidInputException e) {
      return Failure.report(console, e);
    }
  }

  /// The whole tree of commands.
  static CommandLine commandLine(Console console) {
    CommandLine commandLine = new CommandLine(new Main(console), new ConsoleFactory(console));
    EnumNames.apply(commandLine);
    commandLine
        .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
        .setColorScheme(CommandLine.Help.defaultColorScheme(console.colour() ? Ansi.ON : Ansi.OFF))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((problem, args) -> Failure.usage(console, problem))
        .setExecutionExceptionHandler(
            (problem, command, parsed) -> Failure.report(console, problem));
    return commandLine;
  }

  /// What `--version` prints.
  static final class VersionLines implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      Version version = Version.current();
      return new String[] {
        "mneme " + version.mneme() + " (commit " + version.commit() + ")",
        "libtorch " + version.libtorch(),
        "java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
      };
    }
  }

  /// Makes subcommands with their constructor that takes the console; anything else as picocli
  /// does.
  private record ConsoleFactory(Console console) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      for (var constructor : type.getDeclaredConstructors()) {
        if (constructor.getParameterCount() == 1
            && constructor.getParameterTypes()[0] == Console.class) {
          return type.cast(constructor.newInstance(console));
        }
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
