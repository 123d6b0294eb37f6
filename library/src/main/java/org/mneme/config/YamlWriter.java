package org.mneme.config;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Setting;
import org.mneme.config.Form.Union;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes trees of settings as YAML, with the sentences of the keys as comments if wanted.
final class YamlWriter {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9_./-]*");
  private static final Pattern WORD_OF_YAML =
      Pattern.compile("true|false|null|yes|no|on|off|y|n", Pattern.CASE_INSENSITIVE);

  private final boolean commented;
  private final StringBuilder text = new StringBuilder();

  private YamlWriter(boolean commented) {
    this.commented = commented;
  }

  /// The text for `tree`, which is of that form.
  static String write(Group group, ObjectNode tree, boolean commented) {
    YamlWriter writer = new YamlWriter(commented);
    writer.entries(group, tree, "");
    return writer.text.toString();
  }

  private void entries(Form form, ObjectNode object, String indent) {
    object
        .properties()
        .forEach(entry -> {
          Form inside = comment(form, object, entry.getKey(), indent);
          text.append(indent).append(name(entry.getKey())).append(':');
          value(inside, entry.getValue(), indent);
        });
  }

  /// Writes the sentence of a key; returns the form of what it holds.
  private Form comment(Form form, ObjectNode object, String name, String indent) {
    Form group =
        form instanceof Union union ? union.variants().get(object.path("type").asString()) : form;
    if (group instanceof Group record) {
      for (Setting key : record.keys()) {
        if (key.name().equals(name)) {
          if (commented && !key.sentence().isEmpty()) {
            text.append(indent).append("# ").append(key.sentence()).append('\n');
          }
          return key.form();
        }
      }
    }
    return group instanceof Form.Named(Form element) ? element : new Form.Text();
  }

  /// Writes what stands behind a colon.
  private void value(Form form, JsonNode node, String indent) {
    if (node instanceof ObjectNode object && !object.isEmpty()) {
      text.append('\n');
      entries(form, object, indent + "  ");
    } else if (node instanceof ArrayNode array && holdsContainers(array)) {
      text.append('\n');
      Form element = form instanceof Form.Many(Form inside) ? inside : form;
      array.forEach(each -> element(element, each, indent + "  "));
    } else {
      text.append(' ').append(flow(node)).append('\n');
    }
  }

  private void element(Form form, JsonNode node, String indent) {
    int start = text.length();
    if (node instanceof ObjectNode object && !object.isEmpty()) {
      entries(form, object, indent + "  ");
      // the dash belongs before the first key, which a comment may precede
      int first = commentEnd(start);
      text.setCharAt(first + indent.length(), '-');
    } else {
      text.append(indent).append("- ").append(flow(node)).append('\n');
    }
  }

  private int commentEnd(int start) {
    int at = start;
    while (text.substring(at).stripLeading().startsWith("#")) {
      at = text.indexOf("\n", at) + 1;
    }
    return at;
  }

  private static boolean holdsContainers(ArrayNode array) {
    return array.valueStream().anyMatch(JsonNode::isContainer);
  }

  /// A value on one line: anything but a part with keys.
  static String flow(JsonNode node) {
    return switch (node) {
      case ArrayNode array ->
          array.valueStream().map(YamlWriter::flow).collect(Collectors.joining(", ", "[", "]"));
      case ObjectNode _ -> "{}";
      default -> node.isString() ? name(node.stringValue()) : node.isNull() ? "null" : number(node);
    };
  }

  private static String name(String value) {
    return PLAIN.matcher(value).matches() && !WORD_OF_YAML.matcher(value).matches()
        ? value
        : '"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(value)) + '"';
  }

  private static String number(JsonNode node) {
    if (!node.isFloatingPointNumber()) {
      return node.asString();
    }
    double value = node.doubleValue();
    if (Double.isNaN(value)) {
      return ".nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? ".inf" : "-.inf";
    }
    String text = Double.toString(value).replace('E', 'e').replace(".0e", "e");
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
