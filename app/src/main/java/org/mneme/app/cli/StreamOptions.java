package org.mneme.app.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.data.SourceConfig;
import org.mneme.evaluate.CausalEvaluation;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.evaluate.TextStream;
import org.mneme.model.CausalConfig;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.DecoderConfig;
import org.mneme.model.TransformerXlConfig;
import picocli.CommandLine.Option;

/// How causal models read documents as one text.
final class StreamOptions {
  private static final int SEGMENT = 128;

  @Option(
      names = "--stream",
      description =
          "Causal models: read all documents as one text, in windows of --max-length tokens that"
              + " share --stride of them.")
  private boolean stream;

  @Option(
      names = "--memory-length",
      paramLabel = "TOKENS",
      description =
          "transformer-xl: remember so many tokens (default: as in training); segments have"
              + " --max-length (default: 128).")
  private @Nullable Integer memoryLength;

  @Option(
      names = "--documents",
      paramLabel = "END",
      description =
          "Where a document of a text file ends: line, blank-line or file (default: of a"
              + " transformer-xl or with --stream as in the run that trained the model, else"
              + " line).")
  private SourceConfig.@Nullable Documents documents;

  /// Where documents end.
  SourceConfig.Documents documents(Path model, boolean oneText) {
    if (documents != null) {
      return documents;
    }
    return oneText
        ? FinishedModel.settings(model)
            .map(run -> run.data().train().getFirst().documents())
            .orElse(SourceConfig.Documents.LINE)
        : SourceConfig.Documents.LINE;
  }

  /// Whether a model reads all documents as one text.
  boolean isOneText(CausalConfig config) {
    return stream || config instanceof TransformerXlConfig;
  }

  /// Throws where anything was told that a model that reads line by line has no use for.
  void requireNone() {
    if (memoryLength != null) {
      throw InvalidInputException.config(
          "--memory-length", "this model remembers no segments; leave it out");
    }
    if (stream) {
      throw InvalidInputException.config(
          "--stream", "what is asked of this model is no text in one piece; leave it out");
    }
  }

  /// Throws where anything was told that labelled examples have no use for.
  void requireNoneForExamples() {
    requireNone();
    if (documents != null) {
      throw InvalidInputException.config(
          "--documents", "examples of a task are no documents; leave it out");
    }
  }

  /// What the model makes of the text.
  Score score(CausalLanguageModel model, TextStream text, RowOptions rows) {
    return switch (model.config()) {
      case TransformerXlConfig config -> {
        int segment = rows.maxLengthOr(SEGMENT);
        int length = memoryLength == null ? config.attention().memoryLength() : memoryLength;
        if (length < 0) {
          throw InvalidInputException.config("--memory-length", length + " must be 0 or more");
        }
        yield CausalEvaluation.evaluate(model, text.segments(segment, rows.batch(1)), length);
      }
      case DecoderConfig config -> {
        if (memoryLength != null) {
          requireNone();
        }
        int window = rows.maxLength(config.maxTokens());
        int shared = Math.min(rows.stride(), window - 1);
        yield CausalEvaluation.evaluate(
            model, text.windows(window, window - shared, rows.batch(1)));
      }
    };
  }
}
