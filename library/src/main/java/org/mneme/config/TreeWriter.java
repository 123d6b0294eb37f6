package org.mneme.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.config.Form.Choice;
import org.mneme.config.Form.Flag;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Many;
import org.mneme.config.Form.Named;
import org.mneme.config.Form.Real;
import org.mneme.config.Form.Setting;
import org.mneme.config.Form.Text;
import org.mneme.config.Form.Union;
import org.mneme.config.Form.Whole;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Configuration records as trees of JSON values, with every key: what the binder reads.
final class TreeWriter {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TreeWriter() {}

  /// The tree of `value`, which is of that form.
  static JsonNode tree(Form form, @Nullable Object value) {
    if (value == null) {
      return JSON.nullNode();
    }
    return switch (form) {
      case Text() -> JSON.stringNode((String) value);
      case Whole _ -> JSON.numberNode(((Number) value).longValue());
      case Real() -> JSON.numberNode((double) value);
      case Flag() -> JSON.booleanNode((boolean) value);
      case Choice _ -> JSON.stringNode(Reflection.name((Enum<?>) value));
      case Many(Form element) -> list(element, (List<?>) value);
      case Named(Form element) -> map(element, (Map<?, ?>) value);
      case Group group -> put(group, value, JSON.objectNode());
      case Union union -> {
        String name = union.name(value);
        yield put(union.variant(name), value, JSON.objectNode().put("type", name));
      }
    };
  }

  private static ArrayNode list(Form element, List<?> values) {
    ArrayNode array = JSON.arrayNode();
    values.forEach(value -> array.add(tree(element, value)));
    return array;
  }

  private static ObjectNode map(Form element, Map<?, ?> values) {
    ObjectNode object = JSON.objectNode();
    values.forEach((name, value) -> object.set((String) name, tree(element, value)));
    return object;
  }

  private static ObjectNode put(Group group, Object record, ObjectNode object) {
    for (Setting key : group.keys()) {
      object.set(key.name(), tree(key.form(), key.of(record)));
    }
    return object;
  }
}
