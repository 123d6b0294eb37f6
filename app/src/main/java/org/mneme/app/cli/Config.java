package org.mneme.app.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// What concerns settings of training runs.
@Command(
    name = "config",
    description = "Check, show and describe the settings of training runs.",
    subcommands = {ConfigValidate.class, ConfigShow.class, ConfigSchema.class},
    synopsisSubcommandLabel = "COMMAND")
final class Config implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to do with settings: validate, show or schema");
  }
}
