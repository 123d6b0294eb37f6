package org.mneme.run;

import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;
import org.mneme.model.NewModelConfig;
import org.mneme.model.SkipRetainConfig;

/// The model that a run trains: one that exists, or a new one.
public record ModelConfig(
    @Described("Folder of a model that is trained further; absent with new.") @Nullable String path,
    @Described(key = "new", value = "Architecture of a model from scratch; absent with path.")
        @Nullable NewModelConfig architecture,
    @Described("Folder or file of the tokenizer; absent: that in path.") @Nullable String tokenizer,
    @Described("Memories that the model gets; absent: those that it has.")
        @Nullable AddedMemoryConfig memory,
    @Described(
            "Adapters of low rank that a model of the Llama family gets; absent: those that it"
                + " has.")
        @Nullable AddedAdaptersConfig adapters,
    @Described(
            value =
                "Share of hidden elements and attention weights (of Llamas, weights alone) dropped"
                    + " in training, in [0, 1).",
            usual = "0")
        double dropout,
    @Described(
            value =
                "Probability, in [0, 1], that an attention in training uses another head's keys"
                    + " and values; 0 for never.",
            usual = "0")
        double crossHead,
    @Described("Blocks of a transformer-xl that are left out at random; absent: none.")
        @Nullable SkipRetainConfig skipRetain,
    @Described("Training with rows of the words that the data use alone; absent: with all.")
        @Nullable PartialEmbeddingsConfig partialEmbeddings) {

  /// Checks that there is one model.
  public ModelConfig {
    if ((path == null) == (architecture == null)) {
      throw InvalidInputException.config(
          "model",
          path == null
              ? "names no model; give model.path, a model folder, or model.new, an architecture"
              : "has both path and new; give one of them");
    }
    if (architecture != null && tokenizer == null) {
      throw InvalidInputException.config(
          "model.tokenizer", "missing; a new model has none, give the folder of one");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw InvalidInputException.config("model.dropout", dropout + " must be in [0, 1)");
    }
    if (!(crossHead >= 0 && crossHead <= 1)) {
      throw InvalidInputException.config("model.crossHead", crossHead + " must be in [0, 1]");
    }
  }
}
