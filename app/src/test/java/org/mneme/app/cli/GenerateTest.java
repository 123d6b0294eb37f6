package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.good;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

class GenerateTest {
  private static final String PROMPT = "the cat sees";

  @TempDir private static Path temp;
  private static TinyModels models = TinyModels.NONE;

  @BeforeAll
  static void write() {
    models = TinyModels.causal(temp);
  }

  private static String[] command(String... more) {
    return Stream.concat(Stream.of("generate", "--model", models.plain()), Stream.of(more))
        .toArray(String[]::new);
  }

  private static JsonNode json(String... more) {
    return TinyFolder.json(
        good(Stream.concat(Stream.of(command("--json")), Stream.of(more)).toArray(String[]::new))
            .out());
  }

  private static List<Integer> tokens(JsonNode json) {
    List<Integer> tokens = new ArrayList<>();
    json.path("tokens").forEach(token -> tokens.add(token.asInt()));
    return tokens;
  }

  @Test
  void theMostLikelyTokensComeUnlessOthersAreAskedFor() {
    JsonNode first = json("--prompt", PROMPT, "--max-tokens", "12");
    assertTrue(tokens(first).size() <= 12 && !tokens(first).isEmpty());
    assertEquals(tokens(first), tokens(json("--prompt", PROMPT, "--max-tokens", "12")));
    assertTrue(first.path("tokensPerSecond").asDouble() > 0);
    JsonNode drawn = json("--prompt", PROMPT, "--max-tokens", "12", "--temperature", "2");
    assertNotEquals(tokens(first), tokens(drawn));
    CommandRun shown = good(command("--prompt", PROMPT, "--max-tokens", "12"));
    assertEquals(first.path("text").asString() + System.lineSeparator(), shown.out());
    assertTrue(shown.err().contains("tokens/s"), shown.err());
  }

  @Test
  void samplesAreDrawnApart() {
    JsonNode all =
        json("--prompt", PROMPT, "--max-tokens", "9", "--temperature", "1", "--samples", "3");
    assertEquals(3, all.path("samples").size());
    assertEquals(all.path("text"), all.path("samples").get(0).path("text"));
    assertNotEquals(tokens(all.path("samples").get(0)), tokens(all.path("samples").get(1)));
    String shown =
        good(command(
                "--prompt", PROMPT, "--max-tokens", "2", "--temperature", "1", "--samples", "2"))
            .out();
    assertTrue(shown.contains("--- 2"), shown);
  }

  @Test
  void aTextEndsBeforeAStop() {
    String whole = json("--prompt", PROMPT, "--max-tokens", "12").path("text").asString();
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 2);
    JsonNode cut = json("--prompt", PROMPT, "--max-tokens", "12", "--stop", stop);
    assertEquals("stop", cut.path("ending").asString());
    assertEquals(whole.substring(0, whole.indexOf(stop)), cut.path("text").asString());
  }

  @Test
  void aStateGoesOnWhereItWasSaved() {
    String state = temp.resolve("state.safetensors").toString();
    List<Integer> whole = tokens(json("--prompt", PROMPT, "--max-tokens", "6"));
    JsonNode first = json("--prompt", PROMPT, "--max-tokens", "1", "--save-state", state);
    assertEquals(whole.subList(0, 1), tokens(first));
    String[] next = {"--prompt", "cat", "--max-tokens", "30", "--load-state", state};
    JsonNode second = json(next);
    assertEquals(tokens(second), tokens(json(next)));
    int alone = tokens(json("--prompt", "cat", "--max-tokens", "39")).size();
    assertTrue(tokens(second).size() <= alone, "the model's room is shared");
  }

  @Test
  void aSavedTextKnowsWhatWasInIt() {
    String state = temp.resolve("penalised.safetensors").toString();
    String[] penalty = {"--repetition-penalty", "1000", "--max-tokens", "8"};
    List<Integer> first =
        tokens(json(together(penalty, "--prompt", PROMPT, "--save-state", state)));
    List<Integer> second =
        tokens(json(together(penalty, "--prompt", "cat", "--load-state", state)));
    second.retainAll(first);
    assertEquals(List.of(), second, "tokens that were there come last");
  }

  private static String[] together(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void everyPrecisionWrites() {
    List<Integer> expected = tokens(json("--prompt", PROMPT, "--max-tokens", "5"));
    for (String precision : List.of("float32", "medium", "bfloat16")) {
      JsonNode text = json("--prompt", PROMPT, "--max-tokens", "5", "--precision", precision);
      assertEquals(expected.size(), tokens(text).size(), precision);
    }
  }

  @Test
  void aTextStopsWhereTheModelIsFull() {
    JsonNode full = json("--prompt", PROMPT, "--max-tokens", "500");
    int prompt = 40 - tokens(full).size();
    assertTrue(prompt > -2 && prompt < 40, "" + tokens(full).size());
  }

  @Test
  void whatCannotBeIsTold() {
    CommandRun none = CommandRun.of(command("--prompt", PROMPT, "--samples", "0"));
    assertEquals(3, none.exitCode());
    assertTrue(none.err().contains("--samples: 0 must be at least 1"), none.err());
    CommandRun hot = CommandRun.of(command("--prompt", PROMPT, "--top-p", "2"));
    assertEquals(3, hot.exitCode());
    assertTrue(hot.err().contains("--top-p: 2.0 must be in (0, 1]"), hot.err());
    CommandRun few = CommandRun.of(command("--prompt", PROMPT, "--max-tokens", "0"));
    assertTrue(few.err().contains("--max-tokens: 0 must be at least 1"), few.err());
    CommandRun kind = CommandRun.of(command("--prompt", PROMPT, "--repetition-penalty", "-1"));
    assertTrue(kind.err().contains("--repetition-penalty: -1.0 must be above 0"), kind.err());
    CommandRun both =
        CommandRun.of(command("--prompt", PROMPT, "--samples", "2", "--save-state", "x"));
    assertEquals(3, both.exitCode());
    CommandRun empty = CommandRun.of(command("--prompt", PROMPT, "--stop", ""));
    assertEquals(3, empty.exitCode());
    assertTrue(empty.err().contains("--stop: "), empty.err());
  }
}
