package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConfigTest {
  private static final String VALID =
      "model: {path: m}\ndata: {train: [a.txt, b.txt]}\ntrain: {stop: {steps: 5}}\n";

  private static String file(Path folder, String text) throws IOException {
    return Files.writeString(folder.resolve("run.yaml"), text).toString();
  }

  @Test
  void validSettingsAreCounted(@TempDir Path folder) throws IOException {
    CommandRun run = CommandRun.of("config", "validate", file(folder, VALID), "--set", "seed=2");
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
    assertTrue(run.out().matches("valid: 4 settings given, \\d+ in all\\R"), run.out());
  }

  @Test
  void invalidSettingsExitWith3AndOneLine(@TempDir Path folder) throws IOException {
    String file = file(folder, VALID + "sed: 3\n");
    CommandRun run = CommandRun.of("config", "validate", file);
    assertEquals(3, run.exitCode());
    assertEquals("", run.out());
    assertEquals(
        "mneme: "
            + file
            + ":4:1: sed: unknown setting; did you mean seed?"
            + System.lineSeparator(),
        run.err());
    assertEquals(3, CommandRun.of("config", "show", "absent.yaml").exitCode());
  }

  @Test
  void whatIsShownIsValidAndShowsTheSame(@TempDir Path folder) throws IOException {
    String file = file(folder, VALID);
    String shown = CommandRun.of("config", "show", file, "--set", "seed=9").out();
    assertTrue(shown.contains("seed: 9"), shown);
    String again = file(folder, shown);
    assertEquals(shown, CommandRun.of("config", "show", again).out());
    String json = CommandRun.of("config", "show", again, "--format", "json").out();
    assertEquals(9, new JsonMapper().readTree(json).path("seed").intValue());
    assertEquals(shown, CommandRun.of("config", "show", file(folder, json)).out());
    String commented = CommandRun.of("config", "show", again, "--comments").out();
    assertTrue(commented.contains("# Decides batches"), commented);
  }

  @Test
  void theSchemaIsJson() {
    JsonNode schema = new JsonMapper().readTree(CommandRun.of("config", "schema").out());
    assertEquals("[\"model\"]", schema.path("required").toString());
    assertTrue(schema.at("/properties/optimizer/properties/learningRate/default").isNumber());
  }

  @Test
  void recipesAreListedShownAndCopied(@TempDir Path folder) throws IOException {
    String list = CommandRun.of("recipes", "ls").out();
    assertTrue(list.contains("teach-facts "), list);
    JsonNode json = new JsonMapper().readTree(CommandRun.of("recipes", "ls", "--json").out());
    assertEquals(list.lines().count(), json.size());
    String shown = CommandRun.of("recipes", "show", "teach-facts").out();
    Path copy = folder.resolve("copy.yaml");
    assertEquals(0, CommandRun.of("recipes", "cp", "teach-facts", copy.toString()).exitCode());
    assertEquals(shown.strip(), Files.readString(copy).strip());
    CommandRun again = CommandRun.of("recipes", "cp", "teach-facts", copy.toString());
    assertEquals(1, again.exitCode());
    assertEquals("mneme: " + copy + " exists already", again.err().strip());
    assertEquals(3, CommandRun.of("recipes", "show", "tech-facts").exitCode());
    assertEquals(2, CommandRun.of("recipes").exitCode());
    assertEquals(2, CommandRun.of("config").exitCode());
  }

  @Test
  void settingsNeverStartLibtorch() throws Exception {
    for (List<String> args :
        List.of(
            List.of("config", "validate", "teach-facts"),
            List.of("config", "show", "gpt2-from-scratch"),
            List.of("config", "schema"),
            List.of("recipes", "ls"))) {
      CommandRun run = CommandRun.inOwnJvm(List.of("-Xlog:class+init:stdout"), args);
      assertEquals(0, run.exitCode());
      assertTrue(run.out().contains("Initializing 'org/mneme/app/cli/Main'"));
      assertEquals(
          List.of(),
          run.out().lines().filter(line -> line.contains("Initializing 'org/bytedeco/")).toList());
    }
  }
}
