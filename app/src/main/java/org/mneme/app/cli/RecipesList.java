package org.mneme.app.cli;

import java.util.List;
import org.mneme.run.Recipes;
import org.mneme.run.Recipes.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Lists recipes.
@Command(name = "ls", description = "List the recipes.")
final class RecipesList implements Runnable {
  private final Console console;

  @Option(names = "--json", description = "Print them as JSON, with their text.")
  private boolean json;

  RecipesList(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    List<Recipe> recipes = Recipes.all();
    if (json) {
      console.json(recipes);
      return;
    }
    int width = recipes.stream().mapToInt(recipe -> recipe.name().length()).max().orElse(0);
    for (Recipe recipe : recipes) {
      console.result(
          recipe.name() + " ".repeat(width + 2 - recipe.name().length()) + recipe.purpose());
    }
  }
}
