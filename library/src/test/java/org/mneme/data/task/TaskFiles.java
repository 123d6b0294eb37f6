package org.mneme.data.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.mneme.data.SourceConfig;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;

/// Files to read in tests: written on the spot, or those of the folder `shared` beside the project.
final class TaskFiles {
  private TaskFiles() {}

  static List<SourceConfig> write(Path folder, String name, String text) {
    try {
      Path file = folder.resolve(name);
      Files.writeString(file, text);
      return List.of(SourceConfig.of(file.toString()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// The file of a task, skipping the test where there is no such folder.
  static List<SourceConfig> shared(String task, String split) {
    Path tasks = Path.of(System.getProperty("project.root", ".")).resolve("../shared/data/tasks");
    Assumptions.assumeTrue(Files.isDirectory(tasks), () -> "there is no folder " + tasks);
    for (String extension :
        List.of(".tsv", ".tsv.gz", ".conll", ".conll.gz", ".json", ".json.gz")) {
      Path file = tasks.resolve(task).resolve(split + extension);
      if (Files.exists(file)) {
        return List.of(SourceConfig.of(file.normalize().toString()));
      }
    }
    throw new AssertionError(task + " has no " + split);
  }

  static Tokenizer wordPiece() {
    return Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
  }
}
