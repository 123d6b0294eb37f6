package org.mneme.memory;

import java.util.List;
import java.util.Locale;
import org.mneme.InvalidInputException;
import org.mneme.config.Spelling;
import tools.jackson.databind.JsonNode;

/// Reads one JSON object strictly; `path` leads to it in the whole configuration, such as `memory`.
record ConfigReader(JsonNode json, String path) {

  static ConfigReader of(JsonNode json, String path) {
    if (!json.isObject()) {
      throw InvalidInputException.config(path, json + " is not an object of settings");
    }
    return new ConfigReader(json, path);
  }

  /// Throws an error about `memory.key` unless `holds`.
  static void check(boolean holds, String key, String message, Object... values) {
    if (!holds) {
      throw InvalidInputException.config(
          "memory." + key, String.format(Locale.ROOT, message, values));
    }
  }

  /// Throws unless every key is one of `known`.
  void allow(List<String> known) {
    for (String key : json.propertyNames()) {
      if (!known.contains(key)) {
        throw error(key, "unknown setting; " + Spelling.meant(key, known));
      }
    }
  }

  /// Throws if `key` is there, which other settings leave no room for.
  void refuse(String key, String why) {
    if (has(key)) {
      throw error(key, why);
    }
  }

  boolean has(String key) {
    return json.has(key);
  }

  JsonNode get(String key) {
    JsonNode value = json.get(key);
    if (value == null) {
      throw error(key, "missing; add it");
    }
    return value;
  }

  int integer(String key) {
    JsonNode value = get(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw error(key, value + " is not an integer");
    }
    return value.intValue();
  }

  int integer(String key, int otherwise) {
    return has(key) ? integer(key) : otherwise;
  }

  double number(String key, double otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = get(key);
    if (!value.isNumber()) {
      throw error(key, value + " is not a number");
    }
    return value.doubleValue();
  }

  String text(String key, String otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    JsonNode value = get(key);
    if (!value.isString()) {
      throw error(key, value + " is not a text");
    }
    return value.stringValue();
  }

  /// One of the names `known`.
  String choice(String key, List<String> known) {
    JsonNode value = get(key);
    String name = value.isString() ? value.stringValue() : value.toString();
    if (!known.contains(name)) {
      throw error(key, Spelling.none(name, known));
    }
    return name;
  }

  /// The same, or `otherwise` where the key is missing.
  String choice(String key, List<String> known, String otherwise) {
    return has(key) ? choice(key, known) : otherwise;
  }

  /// One of the constants of an enum, by their names in lower case.
  <E extends Enum<E>> E choice(String key, E otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    List<E> constants = List.of(otherwise.getDeclaringClass().getEnumConstants());
    List<String> names = constants.stream().map(ConfigReader::name).toList();
    return constants.get(names.indexOf(choice(key, names)));
  }

  /// The name of an enum's constant in a file.
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private InvalidInputException error(String key, String message) {
    return InvalidInputException.config(path + "." + key, message);
  }
}
