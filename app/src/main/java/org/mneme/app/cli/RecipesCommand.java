package org.mneme.app.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/// The settings that come with Mneme.
@Command(
    name = "recipes",
    description = "List, show and copy the recipes: settings of training runs for the main uses.",
    subcommands = {RecipesList.class, RecipesShow.class, RecipesCopy.class},
    synopsisSubcommandLabel = "COMMAND")
final class RecipesCommand implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do with recipes: ls, show or cp");
  }
}
