package org.mneme.app.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// Parent of what makes tokenizers.
@Command(
    name = "tokenizer",
    description = "Make tokenizers from texts.",
    subcommands = TokenizerTrain.class,
    synopsisSubcommandLabel = "COMMAND")
final class TokenizerCommand implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: train");
  }
}
