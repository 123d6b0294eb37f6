package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.RunTables;
import org.mneme.report.TextTable;
import org.mneme.run.RunComparison;
import org.mneme.run.RunFinder;
import org.mneme.run.RunRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Compares runs.
@Command(
    name = "compare",
    description = {
      "Compare training runs.",
      "The settings in which they differ, and the losses at their ends, at their best, and where"
          + " each had taken as many steps, trained as long, and read as many tokens as the"
          + " shortest."
    })
final class RunsCompare implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Two or more run folders, or folders that hold some.")
  private List<Path> places = List.of();

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  RunsCompare(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<Path> folders = RunFinder.find(places);
    if (folders.size() < 2) {
      throw InvalidInputException.config(
          "RUN", places + " holds " + folders.size() + " runs; name two or more");
    }
    RunComparison comparison = RunComparison.of(folders.stream().map(RunRecord::read).toList());
    if (json) {
      console.json(comparison);
    } else {
      console.result(TextTable.format(RunTables.list(comparison.runs())).stripTrailing());
      console.result("\nLosses, training and held out");
      console.result(TextTable.format(RunTables.figures(comparison)).stripTrailing());
      if (comparison.settings().isEmpty()) {
        console.result("\nThe settings are the same.");
      } else {
        console.result("\nSettings that differ");
        console.result(TextTable.format(RunTables.settings(comparison)).stripTrailing());
      }
    }
    return ExitCode.OK;
  }
}
