package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.assertFails;
import static org.mneme.app.cli.CommandRun.good;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

class VocabularyPruneTest {
  @TempDir private static Path temp = Path.of("");
  private static TinyModels models = TinyModels.NONE;

  @BeforeAll
  static void prepare() {
    models = TinyModels.encoder(temp);
  }

  private static CommandRun prune(Path out, String... more) {
    String[] args = new String[8 + more.length];
    List<String> first =
        List.of(
            "vocabulary",
            "prune",
            "--model",
            models.plain(),
            "--data",
            models.text(),
            "--out",
            out.toString());
    System.arraycopy(first.toArray(String[]::new), 0, args, 0, 8);
    System.arraycopy(more, 0, args, 8, more.length);
    return good(args);
  }

  @Test
  void aPrunedModelEmbedsAlikeAndIsRestored() throws IOException {
    Path small = temp.resolve("small");
    JsonNode json = TinyFolder.json(prune(small, "--json").out());
    assertEquals(104, json.path("vocabulary").asInt());
    assertEquals(json.path("used").asInt() + 5, json.path("kept").asInt());
    assertEquals(1, json.path("covered").asDouble());
    assertTrue(json.path("bytes").asLong() < json.path("bytesBefore").asLong());
    assertEquals(
        good("embed", "--model", models.plain(), models.text()).out(),
        good("embed", "--model", small.toString(), models.text()).out());
    Path whole = temp.resolve("whole");
    CommandRun run =
        good(
            "vocabulary",
            "restore",
            "--model",
            small.toString(),
            "--base",
            models.plain(),
            "--out",
            whole.toString());
    assertTrue(run.out().contains("104 tokens, " + json.path("kept").asInt() + " of them"));
    for (Path taken : List.of(whole, small, Path.of(models.plain()))) {
      assertFails(
          3,
          List.of(taken.equals(whole) ? "--overwrite" : "is what is read"),
          "vocabulary",
          "restore",
          "--model",
          small.toString(),
          "--base",
          models.plain(),
          "--out",
          taken.toString());
    }
    for (String name : List.of("model.safetensors", "config.json", "tokenizer.json")) {
      assertEquals(
          -1, Files.mismatch(Path.of(models.plain()).resolve(name), whole.resolve(name)), name);
    }
  }

  @Test
  void aFolderIsReplacedWhereThatIsAllowed() {
    Path out = temp.resolve("again");
    var unused = prune(out);
    assertFails(
        3,
        List.of(out + " exists and is not empty", "--overwrite"),
        "vocabulary",
        "prune",
        "--model",
        models.plain(),
        "--data",
        models.text(),
        "--out",
        out.toString());
    unused = prune(out, "--overwrite");
  }

  @Test
  void theMostFrequentTokensAreEnough() {
    CommandRun run = prune(temp.resolve("few"), "--keep-most", "2");
    assertTrue(run.out().contains("few: 7 of 104 tokens (6.7 %)"), run.out());
    JsonNode json =
        TinyFolder.json(
            prune(temp.resolve("few"), "--keep-most", "2", "--json", "--overwrite").out());
    assertEquals(7, json.path("kept").asInt());
    double share = json.path("covered").asDouble();
    assertTrue(share > 0.3 && share < 0.7, () -> "covered " + share);
  }

  @Test
  void nothingIsWrittenWhereNothingIsKept() throws IOException {
    Path empty = Files.writeString(temp.resolve("empty.txt"), "\n");
    Path out = temp.resolve("none");
    assertFails(
        4,
        List.of("empty.txt", "no line holds text"),
        "vocabulary",
        "prune",
        "--model",
        models.plain(),
        "--data",
        empty.toString(),
        "--out",
        out.toString());
    assertFails(
        3,
        List.of("--keep-most", "leaves no token"),
        "vocabulary",
        "prune",
        "--model",
        models.plain(),
        "--data",
        models.text(),
        "--out",
        out.toString(),
        "--keep-most",
        "0");
    assertFails(
        3,
        List.of("pruned_vocabulary", "mneme vocabulary prune"),
        "vocabulary",
        "restore",
        "--model",
        models.plain(),
        "--base",
        models.plain(),
        "--out",
        out.toString());
    assertFalse(Files.exists(out));
  }
}
