package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.mneme.app.run.RunTables;
import org.mneme.report.TextTable;
import org.mneme.run.RunFinder;
import org.mneme.run.RunRecord;
import org.mneme.run.RunSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists runs.
@Command(
    name = "ls",
    description = {
      "List training runs, the last started first.",
      "State (running, finished, stopped, failed, or lost: its process is gone without a word),"
          + " steps, training loss (mean of the last steps), lowest loss on held-out text, tokens a"
          + " second, memory, seconds of training, start."
    })
final class RunsLs implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..*",
      description = "Run folders, or folders that hold some (default: runs).")
  private List<Path> places = List.of(Path.of("runs"));

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  RunsLs(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<RunSummary> runs =
        RunFinder.find(places).stream()
            .map(folder -> RunSummary.of(RunRecord.read(folder)))
            .sorted((a, b) -> b.started().compareTo(a.started()))
            .toList();
    if (json) {
      console.json(runs);
    } else if (runs.isEmpty()) {
      console.note("There are no runs in " + places);
    } else {
      console.result(TextTable.format(RunTables.list(runs)).stripTrailing());
    }
    return ExitCode.OK;
  }
}
