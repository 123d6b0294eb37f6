package org.mneme.memory;

import java.util.List;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.ScoreActivation.Relu;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The axes of a memory's configuration that are more than a number or an enum, from JSON and back.
final class AxisJson {
  private static final String PRODUCT = "product";
  private static final String FLAT = "flat";

  private static final String SOFTMAX = "softmax";
  private static final String SCALED_SOFTMAX = "scaled-softmax";
  private static final String RELU = "relu";

  private static final String ROWS = "rows";
  private static final String EXPERTS = "experts";

  private static final String DIRECT = "direct";
  private static final String PROJECTED = "projected";
  private static final String SILU_GATE = "silu-gate";
  private static final String SCALAR_GATE = "scalar-gate";

  private AxisJson() {}

  static Keys keys(ConfigReader reader, Keys usual) {
    if (reader.choice("keys", List.of(PRODUCT, FLAT), name(usual)).equals(PRODUCT)) {
      reader.refuse(
          "slots",
          "product keys have keysPerSide squared; set memory.keysPerSide, or memory.keys to flat");
      return new ProductKeys(reader.integer("keysPerSide", ProductKeys.USUAL));
    }
    reader.refuse(
        "keysPerSide", "flat keys have no sides; set memory.slots, or memory.keys to product");
    return new FlatKeys(reader.integer("slots", FlatKeys.USUAL));
  }

  static void put(Keys keys, ObjectNode json) {
    json.put("keys", name(keys));
    switch (keys) {
      case ProductKeys(int keysPerSide) -> json.put("keysPerSide", keysPerSide);
      case FlatKeys(int slots) -> json.put("slots", slots);
    }
  }

  private static String name(Keys keys) {
    return switch (keys) {
      case ProductKeys(int _) -> PRODUCT;
      case FlatKeys(int _) -> FLAT;
    };
  }

  /// An activation: an object with a `type`, or its type alone.
  static ScoreActivation activation(ConfigReader reader, ScoreActivation usual) {
    if (!reader.has("scoreActivation")) {
      return usual;
    }
    JsonNode json = reader.get("scoreActivation");
    JsonNode object =
        json.isString()
            ? JsonNodeFactory.instance.objectNode().put("type", json.stringValue())
            : json;
    ConfigReader inside = ConfigReader.of(object, "memory.scoreActivation");
    String type = inside.choice("type", List.of(SOFTMAX, SCALED_SOFTMAX, RELU));
    if (type.equals(SCALED_SOFTMAX)) {
      inside.allow(List.of("type", "start"));
      return new ScaledSoftmax(inside.number("start", ScaledSoftmax.USUAL_START));
    }
    inside.allow(List.of("type"));
    return type.equals(SOFTMAX) ? new Softmax() : new Relu();
  }

  static void put(ScoreActivation activation, ObjectNode json) {
    ObjectNode inside = json.putObject("scoreActivation");
    switch (activation) {
      case Softmax() -> inside.put("type", SOFTMAX);
      case ScaledSoftmax(double start) -> inside.put("type", SCALED_SOFTMAX).put("start", start);
      case Relu() -> inside.put("type", RELU);
    }
  }

  static Values values(ConfigReader reader, Values usual) {
    ValueInit init = reader.choice("valueInit", usual.init());
    String kind = reader.choice("values", List.of(ROWS, EXPERTS), name(usual));
    return kind.equals(ROWS) ? new Rows(init) : new Experts(init);
  }

  static void put(Values values, ObjectNode json) {
    json.put("values", name(values)).put("valueInit", ConfigReader.name(values.init()));
  }

  private static String name(Values values) {
    return switch (values) {
      case Rows(ValueInit _) -> ROWS;
      case Experts(ValueInit _) -> EXPERTS;
    };
  }

  static Output output(ConfigReader reader, Output usual, int dim) {
    List<String> kinds = List.of(DIRECT, PROJECTED, SILU_GATE, SCALAR_GATE);
    String kind = reader.choice("output", kinds, name(usual));
    int valueDim = reader.integer("valueDim", dim);
    return switch (kind) {
      case PROJECTED -> new Projected(valueDim);
      case SILU_GATE -> new SiluGate(valueDim);
      default -> {
        ConfigReader.check(
            valueDim == dim,
            "valueDim",
            "valueDim %d differs from dim %d; set memory.valueDim to %d, or memory.output to %s or"
                + " %s",
            valueDim,
            dim,
            dim,
            PROJECTED,
            SILU_GATE);
        yield kind.equals(DIRECT) ? new Direct() : new ScalarGate();
      }
    };
  }

  static String name(Output output) {
    return switch (output) {
      case Direct() -> DIRECT;
      case Projected(int _) -> PROJECTED;
      case SiluGate(int _) -> SILU_GATE;
      case ScalarGate() -> SCALAR_GATE;
    };
  }
}
