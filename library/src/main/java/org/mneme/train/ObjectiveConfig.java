package org.mneme.train;

import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;
import org.mneme.data.Masking;
import org.mneme.data.task.AnswersConfig;
import org.mneme.data.task.ColumnsConfig;
import org.mneme.data.task.TaskType;

/// What a model is trained towards; the key `type` chooses the record.
public sealed interface ObjectiveConfig {

  /// Guess what was masked (Devlin et al. 2018), for encoders. Masks are drawn anew each time a
  /// text comes.
  ///
  /// @param probability share of the tokens to be guessed, above 0 and up to 1
  /// @param maskShare of these, the share that the mask token hides, in [0, 1]
  /// @param randomShare of these, the share that a random token replaces, in [0, 1]; the rest stays
  /// @param unit what is chosen together
  /// @param spanLength mean length of a span in words, at least 1
  /// @param maskings in how many ways a text is masked before they come round again, 0 for ever new
  record Masked(
      @Described("Share of the tokens to be guessed, above 0 and up to 1.") double probability,
      @Described("Of these, the share that the mask token hides, 0 to 1.") double maskShare,
      @Described("Of these, the share that a random token replaces, 0 to 1; the rest stays.")
          double randomShare,
      @Described("What is chosen together: token, whole-word, or span (words in a row).")
          Masking.Unit unit,
      @Described("Mean length of a span in words, 1 to 10; for unit span.") double spanLength,
      @Described("Ways to mask a text before they come round again; 0 for ever new ones.")
          int maskings)
      implements ObjectiveConfig {
    /// BERT's, token by token, ever new.
    public static final Masked DEFAULT =
        new Masked(
            Masking.DEFAULT.probability(),
            Masking.DEFAULT.maskShare(),
            Masking.DEFAULT.randomShare(),
            Masking.DEFAULT.unit(),
            Masking.DEFAULT.spanLength(),
            0);

    /// Checks ranges.
    public Masked {
      if (!(probability > 0 && probability <= 1)) {
        throw InvalidInputException.config(
            "objective.probability", probability + " must be above 0 and up to 1");
      }
      requireShare("objective.maskShare", maskShare);
      requireShare("objective.randomShare", randomShare);
      if (maskShare + randomShare > 1 + 1e-9) {
        throw InvalidInputException.config(
            "objective.maskShare",
            "%s and randomShare %s are more than 1 together".formatted(maskShare, randomShare));
      }
      if (!(spanLength >= 1 && spanLength <= 10)) {
        throw InvalidInputException.config(
            "objective.spanLength", spanLength + " must be from 1 to 10 words");
      }
      if (maskings < 0) {
        throw InvalidInputException.config("objective.maskings", maskings + " must be 0 or more");
      }
    }

    /// The same for the exercises' maker.
    public Masking masking() {
      double kept = Math.max(0, 1 - maskShare - randomShare);
      return new Masking(probability, maskShare, randomShare, kept, unit, spanLength);
    }

    private static void requireShare(String key, double share) {
      if (!(share >= 0 && share <= 1)) {
        throw InvalidInputException.config(key, share + " must be from 0 to 1");
      }
    }
  }

  /// Guess the next token from those before it, for causal models. Every token of a row but its
  /// first is a target.
  ///
  /// @param allowBatchNorm whether a memory that normalises its queries over the batch may be
  ///   trained, though a token then sees something of later ones
  record Causal(
      @Described(
              "Whether memories may normalise queries over the batch, although in training a token"
                  + " then sees something of later ones.")
          boolean allowBatchNorm)
      implements ObjectiveConfig {
    /// Nothing leaks.
    public static final Causal DEFAULT = new Causal(false);
  }

  /// Know facts, for causal models: guess the tokens of answers from those before them; of lines by
  /// themselves all but the first. `data.train` names their files: text with a fact a line, in
  /// which a tab parts prompt and answer, or tables with a column for each. `data.dev` names facts
  /// that are not taught.
  ///
  /// @param batch facts in a batch
  /// @param whitenQueries whether the memory's queries are drawn anew from what the facts' tokens
  ///   give it, so that facts are told apart and read slots of their own
  /// @param columns where tables have what: `question` and `answers`, or `text`
  record Facts(
      @Described(value = "Facts in a batch, at least 1.", usual = "16") int batch,
      @Described(
              value =
                  "Whether queries start white over the facts (centred, uncorrelated, of one"
                      + " variance); where a memory alone is trained.",
              usual = "true")
          boolean whitenQueries,
      @Described("Which columns hold what.") ColumnsConfig columns)
      implements ObjectiveConfig {
    /// Sixteen at a time, white queries, columns of usual names.
    public static final Facts DEFAULT = new Facts(16, true, ColumnsConfig.DEFAULT);

    /// Checks the range.
    public Facts {
      if (batch < 1) {
        throw InvalidInputException.config("objective.batch", batch + " must be above 0");
      }
    }
  }

  /// Answer as labelled examples do, for encoders; `data.train` and `data.dev` name their files.
  ///
  /// @param task what is asked
  /// @param batch examples in a batch: texts, pairs, windows of long texts, or texts with all their
  ///   choices
  /// @param labels by their ids; empty: those of the training examples, sorted
  /// @param newHead whether the model gets a freshly drawn head although it has one
  /// @param stride how many tokens of the context neighbouring windows share; of questions and
  ///   tokens
  /// @param answers how answers are picked; of questions only
  /// @param columns where files have what
  record Task(
      @Described("What is asked of each example.") TaskType task,
      @Described(value = "Examples in a batch, at least 1.", usual = "32") int batch,
      @Described(
              value = "Labels by their ids; none: those of the training examples, sorted.",
              usual = "[]")
          List<String> labels,
      @Described(
              value = "Whether the model gets a fresh head although it has one.",
              usual = "false")
          boolean newHead,
      @Described(
              value = "Tokens that windows of a long text share; for questions and tokens.",
              usual = "128")
          int stride,
      @Described("How answers are picked; for questions.") AnswersConfig answers,
      @Described("Which columns hold what.") ColumnsConfig columns)
      implements ObjectiveConfig {
    /// Checks ranges.
    public Task {
      labels = List.copyOf(labels);
      if (batch < 1) {
        throw InvalidInputException.config("objective.batch", batch + " must be above 0");
      }
      if (stride < 0) {
        throw InvalidInputException.config("objective.stride", stride + " must be 0 or more");
      }
      if (labels.stream().distinct().count() < labels.size()) {
        throw InvalidInputException.config(
            "objective.labels", labels + " names one twice; name each once");
      }
      if (!labels.isEmpty() && !task.usesLabels()) {
        throw InvalidInputException.config(
            "objective.labels", task.label() + " has no labels with names; leave them out");
      }
    }
  }
}
