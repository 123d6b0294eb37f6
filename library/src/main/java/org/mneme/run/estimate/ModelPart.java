package org.mneme.run.estimate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.ModelTensors;
import org.mneme.tensor.PlannedTensor;
import org.mneme.train.TrainConfig;

/// A part of a model, and how many numbers it has.
///
/// @param trained of them, those that training changes
public record ModelPart(Name name, long parameters, long trained) {
  /// The parts, from the input to the output.
  public enum Name {
    /// Of words, positions, token types.
    EMBEDDINGS,
    /// Attention and feed-forwards.
    BLOCKS,
    /// From tokens to queries, and what memories have beside keys and tables.
    MEMORY_QUERIES,
    /// What queries are compared with.
    MEMORY_KEYS,
    /// What slots hold.
    MEMORY_TABLES,
    /// Of low rank, beside projections.
    ADAPTERS,
    /// From vectors to words.
    HEAD;

    /// The name in JSON and tables, such as `memory keys`.
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /// The parts of the model, those that it has.
  static List<ModelPart> of(
      ArchitectureConfig config, List<PlannedTensor> tensors, TrainConfig train) {
    Map<Name, ModelPart> parts = new EnumMap<>(Name.class);
    for (PlannedTensor tensor : tensors) {
      if (tensor.kind() != PlannedTensor.Kind.BUFFER) {
        Name name = partOf(config, tensor);
        long trained = train.trains(tensor.name()) ? tensor.elements() : 0;
        parts.merge(
            name,
            new ModelPart(name, tensor.elements(), trained),
            (a, b) -> new ModelPart(name, a.parameters + b.parameters, a.trained + b.trained));
      }
    }
    return new ArrayList<>(parts.values());
  }

  private static Name partOf(ArchitectureConfig config, PlannedTensor tensor) {
    String name = tensor.name();
    if (name.contains(".memory.")) {
      return tensor.kind() == PlannedTensor.Kind.TABLE
          ? Name.MEMORY_TABLES
          : name.endsWith(".keys") ? Name.MEMORY_KEYS : Name.MEMORY_QUERIES;
    }
    if (AdapterConfig.isAdapter(name)) {
      return Name.ADAPTERS;
    }
    if (ModelTensors.block(config, name) >= 0) {
      return Name.BLOCKS;
    }
    return embeds(name) ? Name.EMBEDDINGS : Name.HEAD;
  }

  /// Whether the tensor of that name, which is in no block, embeds words, positions or types.
  static boolean embeds(String name) {
    return name.contains("embeddings.")
        || name.contains("wte.")
        || name.contains("wpe.")
        || name.contains("embed_tokens.")
        || name.contains("word_emb.");
  }
}
