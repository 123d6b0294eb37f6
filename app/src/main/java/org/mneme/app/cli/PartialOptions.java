package org.mneme.app.cli;

import java.util.List;
import org.mneme.config.Settings;
import picocli.CommandLine.Option;

/// Training with rows of the words that the data use alone.
final class PartialOptions {
  private static final String KEY = "model.partialEmbeddings";

  @Option(
      names = "--partial-embeddings",
      description =
          "Keep rows of the words that the data use alone in memory, the rest in the model's file."
              + " Tasks with labels come to the same weights; language models score the kept words"
              + " alone, so their losses are lower. Words that come later: see"
              + " model.partialEmbeddings.")
  private boolean partial;

  /// The settings with it, where they say nothing of it themselves.
  Settings in(Settings written) {
    return partial && !written.has(KEY) ? written.with(List.of(KEY + "={}")) : written;
  }
}
