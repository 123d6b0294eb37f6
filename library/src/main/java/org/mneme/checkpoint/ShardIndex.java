package org.mneme.checkpoint;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `model.safetensors.index.json`: which file of a sharded model holds which tensor.
///
/// @param shards the file name of each tensor
record ShardIndex(Map<String, String> shards) {
  static final String FILE_NAME = "model.safetensors.index.json";

  ShardIndex {
    shards = Collections.unmodifiableMap(new LinkedHashMap<>(shards));
  }

  /// Reads and checks the index `file`; whether the shards hold what it says is [Weights]' to
  /// check.
  static ShardIndex read(Path file) {
    ObjectNode index = JsonFiles.readObject(file, InvalidInputException.Kind.WEIGHTS);
    if (!(index.get("weight_map") instanceof ObjectNode weightMap)) {
      throw WeightsError.file(
          file, "has no object \"weight_map\"", "save the model again, or take another copy");
    }
    Map<String, String> shards = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      JsonNode shard = entry.getValue();
      if (!shard.isString() || !isPlainName(shard.stringValue())) {
        throw WeightsError.tensor(
            file,
            entry.getKey(),
            "is placed in " + WeightsError.quote(shard.toString()),
            "a shard is the name of a .safetensors file beside the index");
      }
      shards.put(entry.getKey(), shard.stringValue());
    }
    return new ShardIndex(shards);
  }

  private static boolean isPlainName(String name) {
    return name.endsWith(".safetensors")
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  /// Writes the index as `file`, as Hugging Face does: the bytes of all tensors, then the shards by
  /// tensor name.
  void write(Path file, long totalBytes) {
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", totalBytes);
    ObjectNode weightMap = index.putObject("weight_map");
    new TreeMap<>(shards).forEach(weightMap::put);
    JsonFiles.write(file, index);
  }
}
