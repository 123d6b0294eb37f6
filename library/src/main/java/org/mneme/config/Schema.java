package org.mneme.config;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.config.Form.Choice;
import org.mneme.config.Form.Flag;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Many;
import org.mneme.config.Form.Named;
import org.mneme.config.Form.Real;
import org.mneme.config.Form.Text;
import org.mneme.config.Form.Union;
import org.mneme.config.Form.Whole;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The JSON Schema (draft 2020-12) of a configuration record: what an editor needs to complete and
/// check a file of settings.
public final class Schema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Schema() {}

  /// The schema of the records of class `type`, as JSON.
  public static String json(Class<? extends Record> type, String title) {
    ObjectNode schema =
        JSON.objectNode()
            .put("$schema", "https://json-schema.org/draft/2020-12/schema")
            .put("title", title);
    Group group = Reflection.group(type);
    schema.setAll(object(group, null));
    return Printer.json(schema);
  }

  private static ObjectNode of(Form form, @Nullable Object outer) {
    return switch (form) {
      case Text() -> type("string");
      case Whole _ -> type("integer");
      case Real() -> type("number");
      case Flag() -> type("boolean");
      case Choice choice -> names(choice.names());
      case Many(Form element) ->
          either(type("array").set("items", of(element, null)), of(element, null));
      case Named(Form element) -> type("object").set("additionalProperties", of(element, null));
      case Group group -> {
        ObjectNode object = object(group, outer);
        yield group.shorthand() == null ? object : either(type("string"), object);
      }
      case Union union -> union(union, outer);
    };
  }

  private static ObjectNode type(String name) {
    return JSON.objectNode().put("type", name);
  }

  private static ObjectNode names(List<String> names) {
    ArrayNode array = JSON.arrayNode();
    names.forEach(array::add);
    return JSON.objectNode().set("enum", array);
  }

  private static ObjectNode either(JsonNode... schemas) {
    ObjectNode either = JSON.objectNode();
    ArrayNode array = either.putArray("anyOf");
    List.of(schemas).forEach(array::add);
    return either;
  }

  private static ObjectNode object(Group group, @Nullable Object outer) {
    ObjectNode object = type("object");
    ObjectNode properties = object.putObject("properties");
    ArrayNode required = JSON.arrayNode();
    Object base = group.type().isInstance(outer) ? outer : group.usual();
    Usual.values(group, outer)
        .forEach((key, usual) -> {
          ObjectNode form = of(key.form(), Binder.usual(key, base));
          ObjectNode property = key.optional() ? either(form, type("null")) : form;
          property.put("title", key.name()).put("description", key.sentence());
          usual.filter(value -> !value.isNull()).ifPresent(value -> property.set("default", value));
          properties.set(key.name(), property);
          if (usual.isEmpty()) {
            required.add(key.name());
          }
        });
    if (!required.isEmpty()) {
      object.set("required", required);
    }
    return object.put("additionalProperties", false);
  }

  /// A name alone, or an object whose `type` says which it is; that of the usual variant may be
  /// left out.
  private static ObjectNode union(Union union, @Nullable Object outer) {
    ObjectNode schema = JSON.objectNode();
    ArrayNode variants = schema.putArray("oneOf");
    variants.add(names(union.names()));
    union
        .variants()
        .forEach((name, group) -> {
          ObjectNode object = object(group, outer);
          ObjectNode properties = JSON.objectNode();
          properties.putObject("type").put("const", name);
          properties.setAll((ObjectNode) object.path("properties"));
          object.set("properties", properties);
          if (!group.type().isInstance(outer)) {
            ArrayNode required = JSON.arrayNode().add("type");
            object.path("required").forEach(required::add);
            object.set("required", required);
          }
          variants.add(object);
        });
    return schema;
  }
}
