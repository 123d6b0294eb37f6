package org.mneme.app.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How texts become rows of tokens, for the commands that ask models with task heads.
final class RowOptions {
  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description = "Cut longer texts, or look at them in windows (default: the model's limit).")
  private int maxLength = Integer.MAX_VALUE;

  @Option(
      names = "--stride",
      paramLabel = "TOKENS",
      description =
          "Tokens that neighbouring windows of a long text share; of words and questions (default:"
              + " ${DEFAULT-VALUE}).")
  private int stride = 128;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Rows in a batch, or examples with choices (default: 32; of one text 1).")
  private @Nullable Integer batch;

  /// The most tokens in a row of a model that allows `most`.
  int maxLength(int most) {
    CommandLines.atLeast("--max-length", maxLength, 4); // two special tokens, and some of the text
    return Math.min(maxLength, most);
  }

  /// Tokens that windows share.
  int stride() {
    CommandLines.atLeast("--stride", stride, 0);
    return stride;
  }

  /// Rows in a batch.
  int batch() {
    return batch(32);
  }

  /// Rows in a batch, so many unless told.
  int batch(int usual) {
    int rows = batch == null ? usual : batch;
    CommandLines.atLeast("--batch-size", rows, 1);
    return rows;
  }

  /// The most tokens in a row, so many unless told.
  int maxLengthOr(int usual) {
    CommandLines.atLeast("--max-length", maxLength, 1);
    return maxLength == Integer.MAX_VALUE ? usual : maxLength;
  }
}
