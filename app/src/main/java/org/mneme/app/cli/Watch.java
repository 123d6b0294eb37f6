package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.mneme.app.web.WatchServer;
import org.mneme.run.RunFinder;
import org.mneme.run.StopSignal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Serves a page that follows runs.
@Command(
    name = "watch",
    description = {
      "Follow training runs on a local page.",
      "Losses, learning rate, speed, gradient norm and the use of memories, of runs that are under"
          + " way or over, one or several of them side by side. The page is for this machine alone"
          + " and needs no network; runs that begin later appear by themselves. Ctrl-C ends it."
    })
final class Watch implements Callable<Integer> {
  private static final int LOOK_MILLIS = 100;

  private final Console console;

  @Parameters(
      paramLabel = "RUN",
      arity = "0..*",
      description = "Run folders, or folders that hold some (default: runs).")
  private List<Path> places = List.of(Path.of("runs"));

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port of the page, 0 for any that is free (default: ${DEFAULT-VALUE}).")
  private int port = 6463;

  Watch(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws InterruptedException {
    int runs = RunFinder.find(places).size(); // what is wrong with them is said at once
    StopSignal stop = new StopSignal(() -> {});
    try (WatchServer server = new WatchServer(places, port)) {
      console.result(
          "Watching %d run%s: %s".formatted(runs, runs == 1 ? "" : "s", server.address()));
      console.note("Ctrl-C ends it");
      while (!stop.getAsBoolean()) {
        Thread.sleep(LOOK_MILLIS);
      }
    }
    return ExitCode.OK;
  }
}
