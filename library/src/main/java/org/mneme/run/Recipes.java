package org.mneme.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.mneme.InvalidInputException;
import org.mneme.config.Binder;
import org.mneme.config.Settings;
import org.mneme.config.Spelling;

/// Settings of training runs that come with Mneme, for the main uses.
public final class Recipes {
  private static final List<String> NAMES =
      List.of(
          "finetune",
          "masked-head",
          "teach",
          "teach-facts",
          "facts-memory-plus",
          "facts-peer",
          "continued-pretraining",
          "bert-from-scratch",
          "gpt2-from-scratch",
          "gpt2-memory",
          "transformer-xl",
          "characters");

  private Recipes() {}

  /// A recipe.
  ///
  /// @param name as it is called on the command line
  /// @param purpose what it does, in a sentence
  /// @param text the file, comments included
  public record Recipe(String name, String purpose, String text) {}

  /// All recipes.
  public static List<Recipe> all() {
    return NAMES.stream().map(Recipes::named).toList();
  }

  /// The recipe of that name.
  public static Recipe named(String name) {
    if (!NAMES.contains(name)) {
      throw InvalidInputException.config(
          "recipe", "there is no recipe \"" + name + "\"; " + Spelling.meant(name, NAMES));
    }
    String file = "/org/mneme/recipes/" + name + ".yaml";
    try (InputStream stream = Recipes.class.getResourceAsStream(file)) {
      byte[] bytes = Objects.requireNonNull(stream, file).readAllBytes();
      String text = new String(bytes, StandardCharsets.UTF_8);
      return new Recipe(name, purpose(text), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The first sentence of the comment at the head.
  private static String purpose(String text) {
    StringBuilder head = new StringBuilder();
    for (String line : text.lines().takeWhile(line -> line.length() > 2).toList()) {
      head.append(head.isEmpty() ? "" : " ").append(line.substring(2));
    }
    return head.toString().replaceFirst("(?s)(\\.|:) .*", ".");
  }

  /// The settings in a file, or in the recipe of that name where there is no such file, with
  /// `assignments` such as `train.stop.steps=200` made to them.
  public static RunConfig read(String fileOrRecipe, List<String> assignments) {
    return Binder.bind(settings(fileOrRecipe).with(assignments), RunConfig.class);
  }

  /// The same as it was written.
  public static Settings settings(String fileOrRecipe) {
    Path file = Path.of(fileOrRecipe);
    if (Files.exists(file)) {
      return Settings.read(file);
    }
    if (NAMES.contains(fileOrRecipe)) {
      return Settings.parse(named(fileOrRecipe).text(), "recipe " + fileOrRecipe);
    }
    throw InvalidInputException.config(
        fileOrRecipe, "no such file, nor a recipe; " + Spelling.meant(fileOrRecipe, NAMES));
  }
}
