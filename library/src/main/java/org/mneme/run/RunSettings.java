package org.mneme.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The settings in a run folder as a flat list: nested keys are joined by dots.
final class RunSettings {
  private RunSettings() {}

  /// The settings of the run in `folder`; none where there are none.
  static Map<String, String> read(Path folder) {
    return flat(folder.resolve(RunFolder.SETTINGS));
  }

  /// Where the run in `folder` comes from.
  static Map<String, String> provenance(Path folder) {
    return flat(folder.resolve(RunFolder.PROVENANCE));
  }

  /// The settings in a tree of JSON.
  static Map<String, String> of(ObjectNode tree) {
    Map<String, String> settings = new LinkedHashMap<>();
    flatten("", JsonMapper.shared().treeToValue(tree, Map.class), settings);
    return settings;
  }

  /// What a file of YAML, of which JSON is a part, holds.
  private static Map<String, String> flat(Path file) {
    Map<String, String> settings = new LinkedHashMap<>();
    try {
      if (Files.exists(file)) {
        var yaml = LoadSettings.builder().setSchema(new CoreSchema()).build();
        flatten("", new Load(yaml).loadFromString(Files.readString(file)), settings);
      }
    } catch (IOException | YamlEngineException e) {
      settings.put(String.valueOf(file.getFileName()), "cannot be read");
    }
    return settings;
  }

  /// Adds what `value` holds. Lists stay in one piece: they are of one setting.
  private static void flatten(String key, @Nullable Object value, Map<String, String> settings) {
    switch (value) {
      case Map<?, ?> map when !map.isEmpty() -> {
        String prefix = key.isEmpty() ? "" : key + ".";
        map.forEach((name, inner) -> flatten(prefix + name, inner, settings));
      }
      case Map<?, ?> map -> {}
      case List<?> list -> settings.put(key, JsonMapper.shared().writeValueAsString(list));
      case null -> settings.put(key, "null");
      case Double number -> settings.put(key, text(number));
      default -> settings.put(key, value.toString());
    }
  }

  /// As it is written in settings: 5e-4, not 5.0E-4.
  private static String text(double number) {
    String text = Double.toString(number).replace('E', 'e').replace(".0e", "e");
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
