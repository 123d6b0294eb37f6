package org.mneme.app.cli;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import org.mneme.InvalidInputException;
import org.mneme.app.run.OutOfMemory;
import org.mneme.config.Spelling;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// What an exception means to the user: an exit code and one line. The only place that decides it.
///
/// @param exitCode as the process ends with
/// @param message one line, without `mneme: `
record Failure(int exitCode, String message) {
  /// What `problem` means.
  static Failure of(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof InvalidInputException invalid) {
        return new Failure(invalid.kind().exitCode(), firstLine(invalid));
      }
      if (cause instanceof OutOfMemory explained) {
        return new Failure(ExitCode.OUT_OF_MEMORY, "out of memory: " + firstLine(explained));
      }
      if (OutOfMemory.isCauseOf(cause)) {
        return new Failure(
            ExitCode.OUT_OF_MEMORY,
            "out of memory: "
                + firstLine(cause)
                + "; use smaller batches or a smaller table"
                + (isHeap(cause) ? ", or give the JVM more with MNEME_JAVA_OPTS=-Xmx..." : ""));
      }
    }
    Throwable root = unwrapped(problem);
    return switch (root) {
      case LinkageError e -> new Failure(ExitCode.ENVIRONMENT, described(e) + "; see mneme doctor");
      case FileSystemException e -> new Failure(ExitCode.FAILED, described(e));
      default -> new Failure(ExitCode.FAILED, described(root));
    };
  }

  /// Reports an exception that a command threw; returns the exit code.
  static int report(Console console, Throwable problem) {
    Failure failure = of(problem);
    console.error(failure.message);
    if (console.verbose()) {
      problem.printStackTrace(console.err());
    }
    return failure.exitCode;
  }

  /// Reports a command line that cannot be understood, with what may have been meant.
  static int usage(Console console, ParameterException problem) {
    String what =
        problem instanceof UnmatchedArgumentException unmatched
            ? described(unmatched)
            : firstLine(problem);
    console.error(
        Character.toLowerCase(what.charAt(0))
            + what.substring(1)
            + " (see "
            + problem.getCommandLine().getCommandSpec().qualifiedName()
            + " --help)");
    return ExitCode.USAGE;
  }

  private static String described(UnmatchedArgumentException problem) {
    CommandLine command = problem.getCommandLine();
    String argument = problem.getUnmatched().getFirst();
    Set<String> commands = command.getSubcommands().keySet();
    String what =
        problem.isUnknownOption() ? "option" : commands.isEmpty() ? "argument" : "command";
    Set<String> known =
        problem.isUnknownOption() ? command.getCommandSpec().optionsMap().keySet() : commands;
    String meant =
        Spelling.nearest(argument.replaceFirst("=.*", ""), known)
            .map(name -> "; did you mean " + name + "?")
            .orElse("");
    return "unknown %s '%s'%s".formatted(what, argument, meant);
  }

  private static boolean isHeap(Throwable problem) {
    return firstLine(problem).contains("Java heap space");
  }

  /// The exception below those that only carry another and say nothing themselves.
  private static Throwable unwrapped(Throwable problem) {
    Throwable at = problem;
    while (at.getCause() != null
        && ((at instanceof UncheckedIOException carrier && !saysMore(carrier))
            || at instanceof java.util.concurrent.ExecutionException
            || at instanceof java.util.concurrent.CompletionException
            || at instanceof java.lang.reflect.InvocationTargetException
            || at instanceof ExceptionInInitializerError)) {
      at = at.getCause();
    }
    return at;
  }

  /// Whether it tells of what could not be read or written.
  private static boolean saysMore(UncheckedIOException carrier) {
    return !String.valueOf(carrier.getCause()).equals(carrier.getMessage());
  }

  private static String described(Throwable problem) {
    return switch (problem) {
      case UncheckedIOException e when e.getCause() != null ->
          firstLine(e) + " (" + described(e.getCause()) + ")";
      case NoSuchFileException e -> "there is no file " + e.getFile();
      case FileAlreadyExistsException e -> e.getFile() + " exists already";
      case AccessDeniedException e -> "no permission for " + e.getFile();
      default -> firstLine(problem);
    };
  }

  /// libtorch's messages carry a C++ stack from the second line on.
  private static String firstLine(Throwable problem) {
    String message = problem.getMessage();
    return message == null || message.isBlank()
        ? problem.getClass().getSimpleName()
        : message.strip().lines().findFirst().orElseThrow();
  }
}
