package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.run.Recipes;
import org.mneme.run.Recipes.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Copies a recipe into a file, to be changed.
@Command(name = "cp", description = "Copy a recipe into a file. It does not overwrite.")
final class RecipesCopy implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "NAME", description = "A name from mneme recipes ls.")
  private String name = "";

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      arity = "0..1",
      description = "The new file (default: NAME.yaml).")
  private @Nullable Path file;

  RecipesCopy(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Recipe recipe = Recipes.named(name);
    Path target = file == null ? Path.of(name + ".yaml") : file;
    Files.writeString(target, recipe.text(), StandardOpenOption.CREATE_NEW);
    console.note("Wrote " + target);
    return ExitCode.OK;
  }
}
