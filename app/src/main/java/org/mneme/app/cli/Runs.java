package org.mneme.app.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// Parent of what looks at runs.
@Command(
    name = "runs",
    description = "List, show and compare training runs.",
    subcommands = {RunsLs.class, RunsShow.class, RunsCompare.class},
    synopsisSubcommandLabel = "COMMAND")
final class Runs implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: ls, show or compare");
  }
}
