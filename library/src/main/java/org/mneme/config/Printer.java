package org.mneme.config;

import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Configuration records as text with every key; read back, it gives an equal record.
public final class Printer {
  private Printer() {}

  /// As a tree of JSON values, such as for a checkpoint.
  public static ObjectNode tree(Record config) {
    return (ObjectNode) TreeWriter.tree(Reflection.group(config.getClass()), config);
  }

  /// As YAML; `commented` puts the meaning of each key above it.
  public static String yaml(Record config, boolean commented) {
    return YamlWriter.write(Reflection.group(config.getClass()), tree(config), commented);
  }

  /// As JSON.
  public static String json(Record config) {
    return json(tree(config));
  }

  /// A tree as indented JSON.
  static String json(JsonNode tree) {
    var lines = new DefaultIndenter("  ", "\n");
    var separators =
        Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER);
    var printer =
        new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
    return new JsonMapper().writer().with(printer).writeValueAsString(tree) + "\n";
  }
}
