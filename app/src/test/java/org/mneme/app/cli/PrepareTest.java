package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PrepareTest {
  @TempDir private Path folder;

  private static String tokenizer() {
    try {
      var file = Objects.requireNonNull(PrepareTest.class.getResource("/tiny/tokenizer.json"));
      return Path.of(file.toURI()).toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private CommandRun prepare(Path in, String... more) {
    return CommandRun.of(arguments(in, folder.resolve("shards"), more).toArray(String[]::new));
  }

  private static List<String> arguments(Path in, Path out, String... more) {
    List<String> arguments = new ArrayList<>(List.of("prepare", in.toString()));
    arguments.addAll(List.of("--tokenizer", tokenizer(), "--out", out.toString()));
    arguments.addAll(List.of(more));
    return arguments;
  }

  @Test
  @Timeout(300)
  void aTermSignalEndsTheShardAndTheSameCommandGoesOn() throws Exception {
    Path text = TinyFolder.text(folder.resolve("text.txt"), 200_000, 3);
    Path out = folder.resolve("stopped");
    List<String> arguments = arguments(text, out, "--shard-tokens", "2000");
    Path errors = folder.resolve("errors.txt");
    Process process = CommandRun.begin(arguments, errors);
    while (process.isAlive() && !Files.exists(out.resolve("index.json"))) {
      Thread.sleep(1);
    }
    process.destroy();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it does not end");
    assertEquals(75, process.exitValue(), TinyFolder.read(errors));
    assertTrue(TinyFolder.read(errors).contains("Stopping after this shard"));
    JsonNode index = TinyFolder.json(out.resolve("index.json"));
    assertFalse(index.path("complete").asBoolean());
    int shards = index.path("shards").size();
    assertTrue(shards > 0);
    CommandRun rest = CommandRun.of(arguments.toArray(String[]::new));
    assertEquals(0, rest.exitCode(), rest.err());
    JsonNode whole = TinyFolder.json(out.resolve("index.json"));
    assertTrue(whole.path("complete").asBoolean());
    assertEquals(200_000, whole.path("records").asInt());
    for (int i = 0; i < shards; i++) {
      assertEquals(index.path("shards").path(i), whole.path("shards").path(i));
    }
  }

  @Test
  void figuresCountWhatWasReadAndWhatWasNot() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"body\": \"the cat sits\"}\n{\"body\": \"the dog\"}\n{\"text\": 1}\n[\n");
    CommandRun run = prepare(file, "--column", "body", "--max-bad", "all", "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals(2, json.path("documents").asInt());
    assertEquals(5, json.path("tokens").asInt());
    assertEquals(1, json.path("badRecords").path("missing-column").asInt());
    assertEquals(1, json.path("badRecords").path("broken-json").asInt());
    assertEquals(1, json.path("shards").asInt());
    assertTrue(json.path("seconds").asDouble() > 0);
    assertTrue(json.path("tokensPerSecond").asDouble() > 0);
    assertTrue(run.err().contains("line 4: "), run.err());
  }

  @Test
  void oneBadRecordTooManyIsAnErrorOfData() throws IOException {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"the cat\"}\n{}\n{}\n");
    CommandRun failed = prepare(file);
    assertEquals(4, failed.exitCode());
    assertTrue(failed.err().contains("a.jsonl, line 2: no key 'text'"), failed.err());
    CommandRun limited = prepare(file, "--max-bad", "1");
    assertEquals(4, limited.exitCode());
    assertTrue(limited.err().contains("line 3") && limited.err().contains("limit of 1"));
    assertEquals(0, prepare(file, "--max-bad", "2").exitCode());
    assertEquals(3, prepare(file, "--max-bad", "few").exitCode());
  }
}
