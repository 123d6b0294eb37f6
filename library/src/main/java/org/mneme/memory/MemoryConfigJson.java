package org.mneme.memory;

import java.util.List;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Memory configurations from JSON and back. The keys are the names of the records' components.
final class MemoryConfigJson {
  private static final String SOFTMAX = "softmax";
  private static final String SCALED_SOFTMAX = "scaled-softmax";

  private MemoryConfigJson() {}

  static MemoryConfig read(JsonNode json) {
    ConfigReader reader = ConfigReader.of(json, "memory");
    String type = reader.choice("type", List.of(ProductKeyConfig.TYPE, DenseConfig.TYPE));
    return type.equals(DenseConfig.TYPE) ? readDense(reader) : readProductKey(reader);
  }

  static ObjectNode write(MemoryConfig config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", config.type());
    return switch (config) {
      case DenseConfig(int dim, int hidden) -> json.put("dim", dim).put("hidden", hidden);
      case ProductKeyConfig productKey -> write(productKey, json);
    };
  }

  private static DenseConfig readDense(ConfigReader reader) {
    reader.allow("type", "dim", "hidden");
    return new DenseConfig(reader.integer("dim"), reader.integer("hidden"));
  }

  private static ProductKeyConfig readProductKey(ConfigReader reader) {
    reader.allow(
        "type",
        "dim",
        "valueDim",
        "keysPerSide",
        "heads",
        "slotsPerHead",
        "queryDim",
        "queryNorm",
        "scoreActivation",
        "valueInit",
        "inputDropout",
        "queryDropout",
        "valueDropout");
    ProductKeyConfig usual = ProductKeyConfig.defaults(reader.integer("dim"));
    return new ProductKeyConfig(
        usual.dim(),
        reader.integer("valueDim", usual.valueDim()),
        reader.integer("keysPerSide", usual.keysPerSide()),
        reader.integer("heads", usual.heads()),
        reader.integer("slotsPerHead", usual.slotsPerHead()),
        reader.integer("queryDim", usual.queryDim()),
        reader.choice("queryNorm", usual.queryNorm()),
        reader.has("scoreActivation")
            ? readActivation(reader.get("scoreActivation"))
            : usual.scoreActivation(),
        reader.choice("valueInit", usual.valueInit()),
        reader.number("inputDropout", usual.inputDropout()),
        reader.number("queryDropout", usual.queryDropout()),
        reader.number("valueDropout", usual.valueDropout()));
  }

  /// An activation: an object with a `type`, or its type alone.
  private static ScoreActivation readActivation(JsonNode json) {
    JsonNode object =
        json.isString()
            ? JsonNodeFactory.instance.objectNode().put("type", json.stringValue())
            : json;
    ConfigReader reader = ConfigReader.of(object, "memory.scoreActivation");
    String type = reader.choice("type", List.of(SOFTMAX, SCALED_SOFTMAX));
    if (type.equals(SOFTMAX)) {
      reader.allow("type");
      return new Softmax();
    }
    reader.allow("type", "start");
    return new ScaledSoftmax(reader.number("start", ScaledSoftmax.USUAL_START));
  }

  private static ObjectNode write(ProductKeyConfig config, ObjectNode json) {
    json.put("dim", config.dim())
        .put("valueDim", config.valueDim())
        .put("keysPerSide", config.keysPerSide())
        .put("heads", config.heads())
        .put("slotsPerHead", config.slotsPerHead())
        .put("queryDim", config.queryDim())
        .put("queryNorm", ConfigReader.name(config.queryNorm()));
    ObjectNode activation = json.putObject("scoreActivation");
    switch (config.scoreActivation()) {
      case Softmax() -> activation.put("type", SOFTMAX);
      case ScaledSoftmax(double start) ->
          activation.put("type", SCALED_SOFTMAX).put("start", start);
    }
    return json.put("valueInit", ConfigReader.name(config.valueInit()))
        .put("inputDropout", config.inputDropout())
        .put("queryDropout", config.queryDropout())
        .put("valueDropout", config.valueDropout());
  }
}
