package org.mneme.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The settings in a run folder as a flat list: nested keys are joined by dots.
final class RunSettings {
  private RunSettings() {}

  /// The settings of the run in `folder`; none where there are none.
  static Map<String, String> read(Path folder) {
    Map<String, String> settings = new LinkedHashMap<>();
    flatten("", json(folder.resolve("config.resolved.json")), settings);
    return settings;
  }

  /// Where the run in `folder` comes from.
  static Map<String, String> provenance(Path folder) {
    Map<String, String> provenance = new LinkedHashMap<>();
    flatten("", json(folder.resolve(RunFolder.PROVENANCE)), provenance);
    return provenance;
  }

  private static JsonNode json(Path file) {
    try {
      return Files.exists(file)
          ? JsonLines.parse(Files.readString(file)).orElse(JsonMapper.shared().nullNode())
          : JsonMapper.shared().nullNode();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  /// Adds what `node` holds. Lists stay in one piece: they are of one setting.
  static void flatten(String key, JsonNode node, Map<String, String> settings) {
    if (node.isObject() && !node.isEmpty()) {
      String prefix = key.isEmpty() ? "" : key + ".";
      node.properties()
          .forEach(entry -> flatten(prefix + entry.getKey(), entry.getValue(), settings));
    } else if (!key.isEmpty()) {
      settings.put(key, node.isString() ? node.stringValue() : node.toString());
    }
  }
}
