package org.mneme.app.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// Parent of what looks at vocabularies and cuts them.
@Command(
    name = "vocabulary",
    description = "See which tokens some data use; cut models down to them.",
    subcommands = {VocabularyReportCommand.class, VocabularyPrune.class, VocabularyRestore.class},
    synopsisSubcommandLabel = "COMMAND")
final class VocabularyCommand implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: report, prune or restore");
  }
}
