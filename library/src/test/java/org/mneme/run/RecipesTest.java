package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.InvalidInputException;
import org.mneme.config.Binder;
import org.mneme.config.Printer;
import org.mneme.config.Settings;
import org.mneme.run.Recipes.Recipe;

class RecipesTest {
  static List<Recipe> recipes() {
    return Recipes.all();
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void recipesCanBeRunAndPrintedAndReadAgain(Recipe recipe) {
    RunConfig config = Recipes.read(recipe.name(), List.of());
    for (String text : List.of(Printer.yaml(config, true), Printer.json(config))) {
      assertEquals(config, Binder.bind(Settings.parse(text, "printed"), RunConfig.class));
    }
    AddedMemoryConfig memory = config.model().memory();
    if (memory != null) {
      assertEquals(384, memory.in(6, 384).layer().dim());
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void recipesBeginWithWhatTheyDoAndHowToRunThem(Recipe recipe) {
    assertTrue(recipe.purpose().matches("[A-Z].{20,110}\\."), recipe.purpose());
    assertTrue(
        recipe.text().contains("\n# run:  mneme train " + recipe.name() + " --set "),
        recipe.text());
  }

  @Test
  void theListNamesEveryFile() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/resources/org/mneme/recipes"))) {
      assertEquals(
          recipes().stream().map(recipe -> recipe.name() + ".yaml").sorted().toList(),
          files.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void filesComeBeforeRecipesAndAssignmentsChangeBoth(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("mine.yaml");
    Files.writeString(file, Recipes.named("masked-head").text());
    List<String> set = List.of("seed=7", "train.stop={steps: 3}");
    assertEquals(Recipes.read("masked-head", set), Recipes.read(file.toString(), set));
    assertEquals(7, Recipes.read("masked-head", set).seed());
    assertEquals(3, Recipes.read("masked-head", set).train().stop().steps());
  }

  @Test
  void whatIsNeitherFileNorRecipeGetsASuggestion() {
    assertEquals(
        "tech-facts: no such file, nor a recipe; did you mean teach-facts?",
        assertThrows(InvalidInputException.class, () -> Recipes.settings("tech-facts"))
            .getMessage());
    assertEquals(
        "recipe: there is no recipe \"masked\"; known are finetune, masked-head, teach,"
            + " teach-facts, facts-memory-plus, facts-peer, continued-pretraining,"
            + " bert-from-scratch, gpt2-from-scratch, gpt2-memory, transformer-xl, characters",
        assertThrows(InvalidInputException.class, () -> Recipes.named("masked")).getMessage());
  }
}
