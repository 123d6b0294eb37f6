package org.mneme.config;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads YAML 1.2, of which JSON is a part, into a tree of JSON values, and notes where each
/// stands.
///
/// @param source what messages call the text
/// @param located whether places have lines
/// @param places where to note them, by dotted key
record YamlReader(String source, boolean located, Map<String, Place> places) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /// The value in `text`, which stands at the dotted key `path`; a missing node for an empty text.
  JsonNode read(String text, String path) {
    var settings =
        LoadSettings.builder()
            .setLabel(source)
            .setSchema(new CoreSchema())
            .setAllowNonScalarKeys(true) // to say where they are
            .build();
    try {
      Optional<Node> root = new Compose(settings).composeString(text);
      return root.map(node -> convert(node, path)).orElseGet(MissingNode::getInstance);
    } catch (MarkedYamlEngineException e) {
      Place place = place(e.getProblemMark());
      throw new InvalidInputException(
          Kind.CONFIG, source, place + ": is neither YAML nor JSON: " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new InvalidInputException(
          Kind.CONFIG, source, source + ": is neither YAML nor JSON: " + e.getMessage(), e);
    }
  }

  private Place place(Optional<Mark> mark) {
    return mark.filter(_ -> located)
        .map(found -> new Place(source, found.getLine() + 1, found.getColumn() + 1))
        .orElseGet(() -> Place.of(source));
  }

  private InvalidInputException error(Node node, String path, String message) {
    return new InvalidInputException(
        Kind.CONFIG, path, place(node.getStartMark()) + ": " + path + ": " + message);
  }

  private JsonNode convert(Node node, String path) {
    if (node.isRecursive()) {
      throw error(node, path, "contains itself; write it out");
    }
    places.putIfAbsent(path, place(node.getStartMark()));
    return switch (node) {
      case MappingNode mapping -> object(mapping, path);
      case SequenceNode sequence -> array(sequence, path);
      case ScalarNode scalar -> scalar(scalar, path);
      default -> throw error(node, path, "is of no known kind; write it out");
    };
  }

  private ObjectNode object(MappingNode mapping, String path) {
    ObjectNode object = JSON.objectNode();
    for (NodeTuple entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode key)) {
        throw error(entry.getKeyNode(), path, "has a key that is no name");
      }
      String inside = join(path, key.getValue());
      if (object.has(key.getValue())) {
        throw error(
            key, inside, "was given before, at " + places.get(inside) + "; remove one of them");
      }
      places.put(inside, place(key.getStartMark()));
      object.set(key.getValue(), convert(entry.getValueNode(), inside));
    }
    return object;
  }

  private ArrayNode array(SequenceNode sequence, String path) {
    ArrayNode array = JSON.arrayNode();
    for (Node element : sequence.getValue()) {
      array.add(convert(element, join(path, Integer.toString(array.size()))));
    }
    return array;
  }

  private JsonNode scalar(ScalarNode node, String path) {
    Tag tag = node.getTag();
    String text = node.getValue();
    if (tag.equals(Tag.STR)) {
      return JSON.stringNode(text);
    } else if (tag.equals(Tag.NULL)) {
      return JSON.nullNode();
    } else if (tag.equals(Tag.BOOL)) {
      return JSON.booleanNode(Boolean.parseBoolean(text));
    } else if (tag.equals(Tag.INT)) {
      return integer(text);
    } else if (tag.equals(Tag.FLOAT)) {
      return JSON.numberNode(real(text));
    }
    throw error(node, path, "has the tag " + tag.getValue() + "; leave it out");
  }

  private static JsonNode integer(String text) {
    BigInteger value =
        text.startsWith("0x")
            ? new BigInteger(text.substring(2), 16)
            : text.startsWith("0o") ? new BigInteger(text.substring(2), 8) : new BigInteger(text);
    return value.bitLength() < Integer.SIZE
        ? JSON.numberNode(value.intValue())
        : value.bitLength() < Long.SIZE
            ? JSON.numberNode(value.longValue())
            : JSON.numberNode(value);
  }

  private static double real(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case ".nan" -> Double.NaN;
      case ".inf", "+.inf" -> Double.POSITIVE_INFINITY;
      case "-.inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /// The dotted key of `name` inside `path`.
  static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
