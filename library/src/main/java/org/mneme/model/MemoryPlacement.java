package org.mneme.model;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.mneme.InvalidInputException;
import org.mneme.memory.MemoryConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Where a model has its memories: the `memory` block of `config.json`.
///
/// @param layers the blocks that have one, counted from 0, ascending
/// @param placement beside the block's feed-forward or in place of it
/// @param readAt the positions that read while the model is trained or asked at target positions
/// @param layer the memory itself, the same settings for every block; all blocks read one table if
///   it names a shared one
public record MemoryPlacement(
    List<Integer> layers, Placement placement, ReadAt readAt, MemoryConfig layer) {

  /// Beside the feed-forward, or in place of it (Kim & Jung 2020, section 3).
  public enum Placement {
    /// out = LN(u + FFN(u) + memory(u)): the residual memory.
    BESIDE,
    /// out = LN(u + memory(u)): the feed-forward is gone.
    REPLACE
  }

  /// The positions that read the memory where the loss is asked for at some positions only.
  public enum ReadAt {
    /// Every real token.
    ALL,
    /// Only the target positions. Without targets, as in embedding, every real token reads.
    TARGETS
  }

  private static final Set<String> KEYS =
      new TreeSet<>(Set.of("layers", "placement", "readAt", "layer"));

  /// Checks what does not depend on the model.
  public MemoryPlacement {
    layers = layers.stream().sorted().distinct().toList();
    if (layers.isEmpty()) {
      throw InvalidInputException.config(
          "memory.layers", "names no layer; give at least one, counted from 0");
    }
  }

  /// Throws unless every layer exists in a model of so many blocks of that width.
  public void requireFits(int blocks, int dim) {
    for (int index : layers) {
      if (index < 0 || index >= blocks) {
        throw InvalidInputException.config(
            "memory.layers",
            "layer %d does not exist; the model has layers 0 to %d".formatted(index, blocks - 1));
      }
    }
    if (layer.dim() != dim) {
      throw InvalidInputException.config(
          "memory.layer.dim", "%d is not the model's width %d".formatted(layer.dim(), dim));
    }
  }

  /// Reads the `memory` block of `config.json`, strictly.
  public static MemoryPlacement fromJson(JsonNode json) {
    for (String key : json.propertyNames()) {
      if (!KEYS.contains(key)) {
        throw InvalidInputException.config(
            "memory." + key, "is not a setting; known are " + String.join(", ", KEYS));
      }
    }
    return new MemoryPlacement(
        json.path("layers").valueStream().map(MemoryPlacement::layer).toList(),
        choice(Placement.class, json, "placement"),
        choice(ReadAt.class, json, "readAt"),
        MemoryConfig.fromJson(json.path("layer")));
  }

  private static int layer(JsonNode json) {
    if (!json.isIntegralNumber() || !json.canConvertToInt()) {
      throw InvalidInputException.config(
          "memory.layers", json + " is not the number of a layer, counted from 0");
    }
    return json.intValue();
  }

  private static <E extends Enum<E>> E choice(Class<E> type, JsonNode json, String key) {
    String name = json.path(key).asString("");
    try {
      return Enum.valueOf(type, name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          "memory." + key,
          "memory.%s: \"%s\" is not one of %s"
              .formatted(key, name, List.of(type.getEnumConstants())),
          e);
    }
  }

  /// The `memory` block of `config.json`.
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var array = json.putArray("layers");
    layers.forEach(array::add);
    json.put("placement", placement.name().toLowerCase(Locale.ROOT));
    json.put("readAt", readAt.name().toLowerCase(Locale.ROOT));
    json.set("layer", layer.toJson());
    return json;
  }
}
