package org.mneme.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.mneme.InvalidInputException;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertConfig;
import org.mneme.model.CausalConfig;
import org.mneme.model.TransformerXlConfig;

/// The tensors of a model folder that have a row for every token: the word embeddings and, of a
/// language model, its decoder and the decoder's bias. Immutable.
public final class VocabularyTensors {
  /// What a tensor is.
  public enum Part {
    /// The word embeddings.
    WORDS("(.*\\.)?(word_embeddings|wte|embed_tokens|word_emb\\.emb_layers\\.0)\\.weight"),
    /// What scores every token.
    DECODER(
        "cls\\.predictions\\.decoder\\.weight|lm_head\\.(decoder\\.)?weight|vocab_projector\\.weight"
            + "|crit\\.out_layers\\.0\\.weight"),
    /// What is added to the scores.
    BIAS(
        "cls\\.predictions\\.(decoder\\.)?bias|lm_head\\.(decoder\\.)?bias|vocab_projector\\.bias"
            + "|crit\\.out_layers\\.0\\.bias");

    private final Pattern names;

    Part(String names) {
      this.names = Pattern.compile(names);
    }

    private static Optional<Part> named(String tensor) {
      for (Part part : values()) {
        if (part.names.matcher(tensor).matches()) {
          return Optional.of(part);
        }
      }
      return Optional.empty();
    }
  }

  private final Map<String, Part> parts = new LinkedHashMap<>();
  private final ArchitectureConfig config;

  private VocabularyTensors(ModelFolder folder) {
    config = ArchitectureConfig.fromJson(folder.config());
    if (config instanceof TransformerXlConfig recurrent && recurrent.clusters().count() > 1) {
      throw InvalidInputException.config(
          "cutoffs",
          "%s has words in %d clusters; this takes models with one"
              .formatted(folder.path(), recurrent.clusters().count()));
    }
    for (String name : folder.weights().names()) {
      Part.named(name).ifPresent(part -> parts.put(name, part));
    }
    parts.forEach((name, part) -> requireShape(folder, name, part));
    if (!parts.containsValue(Part.WORDS)) {
      throw WeightsError.file(
          folder.path(), "holds no word embeddings", "take a folder whose weights are whole");
    }
  }

  /// Those of an open folder.
  ///
  /// @throws org.mneme.InvalidInputException of kind WEIGHTS where one is missing or of another
  ///   size than `config.json` says
  public static VocabularyTensors of(ModelFolder folder) {
    return new VocabularyTensors(folder);
  }

  private void requireShape(ModelFolder folder, String name, Part part) {
    long rows = config.vocabulary();
    List<Long> expected =
        part == Part.BIAS ? List.of(rows) : List.of(rows, (long) config.embeddingDim());
    List<Long> shape = folder.weights().entry(name).shape();
    if (!shape.equals(expected)) {
      throw WeightsError.tensor(
          folder.path(),
          name,
          "has shape " + shape + ", config.json wants " + expected,
          "take config.json and weights of one save");
    }
  }

  /// What each of them is, by its name in the folder.
  public Map<String, Part> parts() {
    return Collections.unmodifiableMap(parts);
  }

  /// The name of the word embeddings.
  public String words() {
    return first(Part.WORDS).orElseThrow();
  }

  /// The first tensor of that kind, if there is one.
  Optional<String> first(Part part) {
    return parts.entrySet().stream()
        .filter(entry -> entry.getValue() == part)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /// Rows of each.
  public int vocabulary() {
    return config.vocabulary();
  }

  /// Width of the word embeddings.
  public int dim() {
    return config.embeddingDim();
  }

  /// Whether the decoder is the word embeddings once more.
  boolean tied() {
    return switch (config) {
      case BertConfig encoder -> encoder.tied();
      case CausalConfig causal -> causal.tied();
    };
  }

  /// How many numbers a token has in what is trained of `part`: a tied decoder has none of its own.
  public int numbers(Part part) {
    return switch (part) {
      case WORDS -> dim();
      case DECODER -> tied() || !parts.containsValue(part) ? 0 : dim();
      case BIAS -> parts.containsValue(part) ? 1 : 0;
    };
  }
}
