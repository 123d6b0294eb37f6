package org.mneme.app.cli;

import org.mneme.run.Recipes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Shows a recipe.
@Command(name = "show", description = "Print a recipe, with how to run it and what it took.")
final class RecipesShow implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "NAME", description = "A name from mneme recipes ls.")
  private String name = "";

  RecipesShow(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    console.result(Recipes.named(name).text().stripTrailing());
  }
}
