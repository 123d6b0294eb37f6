package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.good;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// Teaching a causal model on the command line.
class TeachTest {
  private static final String SMALL =
      "model.memory.layer={type: product-key, keysPerSide: 8, heads: 2, slotsPerHead: 4, queryDim:"
          + " 8, queryNorm: layer, valueInit: zero}";

  @TempDir private static Path temp;
  private static Path model = Path.of("");
  private static Path facts = Path.of("");

  @BeforeAll
  static void write() {
    model = TinyFolder.llama(temp.resolve("llama"));
    List<String> lines = new ArrayList<>();
    for (String line :
        TinyFolder.read(TinyFolder.text(temp.resolve("text.txt"), 24, 1)).lines().toList()) {
      int cut = line.indexOf(' ', line.length() / 3);
      lines.add(line.substring(0, cut) + "\t" + line.substring(cut + 1));
    }
    facts = TinyFolder.write(temp.resolve("facts.txt"), lines);
  }

  private static String[] command(Path out, String... more) {
    List<String> command = new ArrayList<>(List.of("teach", model.toString(), "--facts"));
    command.addAll(List.of(facts.toString(), "--out", out.toString(), "--json"));
    command.addAll(List.of("--other-facts", facts.toString()));
    command.addAll(List.of("--other-text", temp.resolve("text.txt").toString()));
    command.addAll(List.of("--set", SMALL, "--set", "precision=float32"));
    command.addAll(List.of(more));
    return command.toArray(String[]::new);
  }

  @Test
  void factsAreTaughtAndNothingElseChanges() {
    Path out = temp.resolve("taught");
    JsonNode json =
        TinyFolder.json(
            good(command(
                    out,
                    "--epochs",
                    "40",
                    "--block",
                    "1",
                    "--value-rate",
                    "0.1",
                    "--compare",
                    "memory=0.01,adapters=0.01"))
                .out());
    for (String when : List.of("before", "after")) {
      for (String what : List.of("facts", "otherFacts", "otherText")) {
        for (String figure : List.of("loss", "accuracy", "exact")) {
          assertTrue(json.path(when).path(what).path(figure).isNumber(), when + what + figure);
        }
      }
    }
    double before = json.path("before").path("facts").path("accuracy").asDouble();
    double after = json.path("after").path("facts").path("accuracy").asDouble();
    assertTrue(after > before + 0.3, before + " -> " + after);
    assertTrue(json.path("seconds").asDouble() > 0 && json.path("msPerStep").asDouble() > 0);
    assertTrue(json.path("usage").path("used").asDouble() > 0);
    assertEquals(3, json.path("taught").size());
    assertEquals("adapters", json.path("taught").get(2).path("method").asString());
    String taught = out.toString(); // the run stands for its model
    assertEquals(
        TinyFolder.json(model.resolve("config.json")).path("hidden_size"),
        TinyFolder.json(out.resolve("final/config.json")).path("hidden_size"));
    assertFalse(good("generate", "--model", taught, "--prompt", "the cat").out().isEmpty());
    good("inspect", taught, "--text", temp.resolve("text.txt").toString(), "--out", temp + "/use");
    assertTrue(Files.exists(out.resolve("compared/adapters-0.01/final/adapter_config.json")));
    String page = TinyFolder.page(out.resolve("report.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("What questions read"), page);
    assertTrue(page.contains("Slots of the facts"), page);
  }

  @Test
  void recallEndsTheRun() {
    JsonNode json =
        TinyFolder.json(
            good(command(
                    temp.resolve("recalled"),
                    "--epochs",
                    "400",
                    "--block",
                    "1",
                    "--value-rate",
                    "0.1",
                    "--recall",
                    "0.4"))
                .out());
    assertTrue(json.path("steps").asLong() < 800, json.toString());
    assertTrue(json.path("after").path("facts").path("accuracy").asDouble() > 0.4);
  }

  @Test
  void theRunFolderIsNotTakenTwice() {
    Path out = temp.resolve("once");
    String[] once = command(out, "--epochs", "1", "--block", "1");
    good(once);
    CommandRun again = CommandRun.of(once);
    assertEquals(3, again.exitCode(), again.err());
    assertTrue(again.err().contains("--resume auto"), again.err());
    List<String> on = new ArrayList<>(List.of(once));
    on.addAll(List.of("--resume", "auto"));
    CommandRun done = good(on.toArray(String[]::new));
    assertTrue(done.err().contains("Nothing is left to do"), done.err());
  }

  @Test
  void whatIsWrongIsNamed() {
    CommandRun rate = CommandRun.of(command(temp.resolve("a"), "--compare", "lora=1"));
    assertEquals(3, rate.exitCode(), rate.err());
    assertTrue(rate.err().contains("lora=1"), rate.err());
    Path tabs = TinyFolder.write(temp.resolve("tabs.txt"), List.of("the\tcat\tsees"));
    CommandRun broken =
        CommandRun.of("teach", model.toString(), "--facts", tabs.toString(), "--out", temp + "/b");
    assertEquals(4, broken.exitCode(), broken.err());
    assertTrue(broken.err().contains("2 tabs"), broken.err());
    CommandRun block = CommandRun.of(command(temp.resolve("c"), "--block", "7"));
    assertEquals(3, block.exitCode(), block.err());
    assertTrue(block.err().contains("7"), block.err());
  }
}
