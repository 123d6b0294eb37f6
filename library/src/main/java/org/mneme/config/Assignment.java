package org.mneme.config;

import java.util.List;
import java.util.Map;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// One `--set a.b=c`.
record Assignment(String text) {
  /// Checks that there is a key and a value.
  Assignment {
    if (text.indexOf('=') < 1) {
      throw InvalidInputException.config(
          "--set", "\"" + text + "\" is no KEY=VALUE, such as train.stop.steps=200");
    }
  }

  private String key() {
    return text.substring(0, text.indexOf('=')).strip();
  }

  private String source() {
    return "--set " + text;
  }

  /// Changes `tree`, and notes in `places` where its parts come from now.
  void apply(ObjectNode tree, Map<String, Place> places) {
    List<String> names = List.of(key().split("\\.", -1));
    JsonNode at = tree;
    String path = "";
    for (int i = 0; i < names.size() - 1; i++) {
      at = inside(at, names.get(i), names.get(i + 1), path);
      path = YamlReader.join(path, names.get(i));
      places.putIfAbsent(path, Place.of(source()));
    }
    String replaced = key() + ".";
    places.keySet().removeIf(place -> place.equals(key()) || place.startsWith(replaced));
    put(at, names.getLast(), value(places), path);
  }

  /// The value; what is not YAML, as `*.txt`, is a text.
  private JsonNode value(Map<String, Place> places) {
    String value = text.substring(text.indexOf('=') + 1).strip();
    var reader = new YamlReader(source(), false, places);
    try {
      JsonNode node = reader.read(value, key());
      return node.isMissingNode() ? NullNode.getInstance() : node;
    } catch (InvalidInputException e) {
      if (value.startsWith("[") || value.startsWith("{")) {
        throw e;
      }
      places.put(key(), Place.of(source()));
      return JsonNodeFactory.instance.stringNode(value);
    }
  }

  /// The part called `name` of `node`, made if it is missing: a list if `next` counts its elements.
  private JsonNode inside(JsonNode node, String name, String next, String path) {
    JsonNode found =
        switch (node) {
          case ObjectNode object -> object.path(name);
          case ArrayNode array -> array.path(index(array, name, path));
          default -> throw noPart(node, name, path);
        };
    if (!found.isMissingNode() && !found.isNull()) {
      return found;
    }
    JsonNode made =
        next.equals("0")
            ? JsonNodeFactory.instance.arrayNode()
            : JsonNodeFactory.instance.objectNode();
    put(node, name, made, path);
    return made;
  }

  private void put(JsonNode node, String name, JsonNode value, String path) {
    switch (node) {
      case ObjectNode object -> object.set(name, value);
      case ArrayNode array -> {
        int index = index(array, name, path);
        if (index == array.size()) {
          array.add(value);
        } else {
          array.set(index, value);
        }
      }
      default -> throw noPart(node, name, path);
    }
  }

  private int index(ArrayNode array, String name, String path) {
    if (name.matches("\\d{1,9}") && Integer.parseInt(name) <= array.size()) {
      return Integer.parseInt(name);
    }
    throw error(
        path,
        "is a list of %d; \"%s\" is none of its elements, counted from 0, nor the next"
            .formatted(array.size(), name));
  }

  private InvalidInputException noPart(JsonNode node, String name, String path) {
    return error(
        path, "is %s and has no \"%s\"; set it as a whole".formatted(Found.describe(node), name));
  }

  private InvalidInputException error(String path, String message) {
    return new InvalidInputException(
        InvalidInputException.Kind.CONFIG, path, source() + ": " + path + ": " + message);
  }
}
