package org.mneme.memory;

import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Memory configurations from JSON and back: one flat object, in which the `type` chooses the
/// defaults of all other keys.
final class MemoryConfigJson {
  private static final List<String> KEYS =
      List.of(
          "type",
          "dim",
          "heads",
          "slotsPerHead",
          "queryDim",
          "queryLayers",
          "queryNorm",
          "keys",
          "keysPerSide",
          "slots",
          "keyNorm",
          "scoreActivation",
          "values",
          "valueInit",
          "valueDim",
          "output",
          "inputDropout",
          "queryDropout",
          "valueDropout",
          "tableType",
          "sharedTable");

  private MemoryConfigJson() {}

  static MemoryConfig read(JsonNode json) {
    ConfigReader reader = ConfigReader.of(json, "memory");
    List<MemoryType> types = List.of(MemoryType.values());
    List<String> names =
        Stream.concat(types.stream().map(MemoryType::label), Stream.of(DenseConfig.TYPE)).toList();
    String type = reader.choice("type", names);
    return type.equals(DenseConfig.TYPE)
        ? readDense(reader)
        : readSparse(reader, types.get(names.indexOf(type)));
  }

  private static DenseConfig readDense(ConfigReader reader) {
    reader.allow(List.of("type", "dim", "hidden"));
    return new DenseConfig(reader.integer("dim"), reader.integer("hidden"));
  }

  private static SparseMemoryConfig readSparse(ConfigReader reader, MemoryType type) {
    reader.allow(KEYS);
    SparseMemoryConfig usual = type.defaults(reader.integer("dim"));
    return usual.with(memory -> {
      memory.heads = reader.integer("heads", memory.heads);
      memory.slotsPerHead = reader.integer("slotsPerHead", memory.slotsPerHead);
      memory.queryDim = reader.integer("queryDim", memory.queryDim);
      memory.queryLayers = reader.integer("queryLayers", memory.queryLayers);
      memory.queryNorm = reader.choice("queryNorm", memory.queryNorm);
      memory.keys = AxisJson.keys(reader, memory.keys);
      memory.keyNorm = reader.choice("keyNorm", memory.keyNorm);
      memory.scoreActivation = AxisJson.activation(reader, memory.scoreActivation);
      memory.values = AxisJson.values(reader, memory.values);
      memory.output = AxisJson.output(reader, memory.output, usual.dim());
      memory.inputDropout = reader.number("inputDropout", memory.inputDropout);
      memory.queryDropout = reader.number("queryDropout", memory.queryDropout);
      memory.valueDropout = reader.number("valueDropout", memory.valueDropout);
      memory.tableType = reader.choice("tableType", memory.tableType);
      memory.sharedTable = reader.text("sharedTable", memory.sharedTable);
    });
  }

  static ObjectNode write(MemoryConfig config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", config.type());
    return switch (config) {
      case DenseConfig(int dim, int hidden) -> json.put("dim", dim).put("hidden", hidden);
      case SparseMemoryConfig sparse -> write(sparse, json);
    };
  }

  private static ObjectNode write(SparseMemoryConfig config, ObjectNode json) {
    json.put("dim", config.dim())
        .put("heads", config.heads())
        .put("slotsPerHead", config.slotsPerHead())
        .put("queryDim", config.query().dim())
        .put("queryLayers", config.query().layers())
        .put("queryNorm", ConfigReader.name(config.query().norm()));
    AxisJson.put(config.keys(), json);
    json.put("keyNorm", ConfigReader.name(config.query().keyNorm()));
    AxisJson.put(config.scoreActivation(), json);
    AxisJson.put(config.values(), json);
    return json.put("valueDim", config.valueDim())
        .put("output", AxisJson.name(config.output()))
        .put("inputDropout", config.dropouts().input())
        .put("queryDropout", config.dropouts().query())
        .put("valueDropout", config.dropouts().value())
        .put("tableType", ConfigReader.name(config.table().type()))
        .put("sharedTable", config.table().shared());
  }
}
