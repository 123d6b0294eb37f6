package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `mneme import` says of GGUF files that it cannot use; those that it can are the library's.
class ImportGgufTest {
  @TempDir private Path temp;

  private CommandRun run(String file, String... more) {
    String[] args = new String[4 + more.length];
    args[0] = "import";
    args[1] = file;
    args[2] = "--out";
    args[3] = temp.resolve("out").toString();
    System.arraycopy(more, 0, args, 4, more.length);
    CommandRun run = CommandRun.of(args);
    assertFalse(Files.exists(temp.resolve("out")));
    return run;
  }

  @Test
  void filesThatAreNoneAreTold() throws IOException {
    Path file = Files.writeString(temp.resolve("model.gguf"), "x".repeat(100));
    CommandRun other = run(file.toString());
    assertEquals(5, other.exitCode());
    assertTrue(other.err().contains("model.gguf: is no GGUF file"), other.err());
    CommandRun missing = run(temp.resolve("none.gguf").toString());
    assertEquals(5, missing.exitCode());
    assertTrue(missing.err().contains("none.gguf: cannot be read"), missing.err());
  }

  @Test
  void optionsOfEncodersDoNotGoWithIt() {
    CommandRun pooled = run("model.gguf", "--pooling", "cls");
    assertEquals(3, pooled.exitCode());
    assertTrue(pooled.err().contains("--pooling: does not go with a .gguf file"), pooled.err());
    CommandRun other = run("model.gguf", "--tokenizer", "tokenizer.json");
    assertEquals(3, other.exitCode());
    assertTrue(other.err().contains("--tokenizer: does not go with"), other.err());
  }
}
