package org.mneme.app.cli;

import org.mneme.run.Resume;
import picocli.CommandLine.Option;

/// How a run begins, and how its result is printed.
final class RunOptions {
  @Option(
      names = "--resume",
      paramLabel = "FROM",
      description =
          "auto goes on from the run's last checkpoint if there is one, none begins in a fresh"
              + " folder, a path names a checkpoint or a run (default: ${DEFAULT-VALUE}).")
  private String resume = "none";

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  /// Where the run begins.
  Resume resume() {
    return Resume.parse(resume);
  }

  /// Whether the result is printed as JSON.
  boolean json() {
    return json;
  }

  /// What is told where there is no run yet.
  private record Stopped(int steps, boolean stopped, String reason) {}

  /// Tells that a run was stopped before it began, and returns the exit code.
  int stoppedBefore(Console console, String reason) {
    if (json) {
      console.json(new Stopped(0, true, reason));
    } else {
      console.result(reason + ". To go on: the same command again");
    }
    return ExitCode.STOPPED;
  }
}
