package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
    String[] args = {
      "prepare",
      in.toString(),
      "--tokenizer",
      tokenizer(),
      "--out",
      folder.resolve("shards").toString()
    };
    String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return CommandRun.of(all);
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
