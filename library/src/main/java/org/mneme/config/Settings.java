package org.mneme.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Settings as they were written, before they are checked: a tree of values, and where each of them
/// stands. Immutable by convention: `with` makes a copy.
public final class Settings {
  private final String source;
  private final ObjectNode tree;
  private final Map<String, Place> places;

  private Settings(String source, ObjectNode tree, Map<String, Place> places) {
    this.source = source;
    this.tree = tree;
    this.places = places;
  }

  /// Reads a file of YAML or JSON.
  public static Settings read(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      // tabs may separate in JSON, but not in YAML
      boolean json = file.toString().endsWith(".json");
      return parse(json ? text.replace('\t', ' ') : text, file.toString());
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(
          Kind.CONFIG, file.toString(), file + ": is not UTF-8; save it as such", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          Kind.CONFIG, file.toString(), file + ": cannot be read (" + e + ")", e);
    }
  }

  /// Reads a text of YAML or JSON; `source` is what messages call it.
  public static Settings parse(String text, String source) {
    Map<String, Place> places = new HashMap<>();
    JsonNode root = new YamlReader(source, true, places).read(text, "");
    if (root.isMissingNode() || root.isNull()) {
      return new Settings(source, JsonNodeFactory.instance.objectNode(), places);
    }
    if (root instanceof ObjectNode object) {
      return new Settings(source, object, places);
    }
    throw new InvalidInputException(
        Kind.CONFIG,
        source,
        source
            + ": holds "
            + Found.describe(root)
            + "; settings are keys and values, as in seed: 1");
  }

  /// The same with one setting after another changed: assignments such as `train.stop.steps=200`,
  /// with values as in a file. A number in a key counts the elements of a list from 0; the number
  /// behind the last appends.
  public Settings with(List<String> assignments) {
    Settings changed = new Settings(source, tree.deepCopy(), new HashMap<>(places));
    for (String assignment : assignments) {
      new Assignment(assignment).apply(changed.tree, changed.places);
    }
    return changed;
  }

  /// An assignment of a value, for [#with]: a text, a number, a record of settings, or a list of
  /// them.
  public static String assignment(String key, Object value) {
    Object tree = value instanceof Record config ? Printer.tree(config) : value;
    return key + "=" + JsonMapper.shared().writeValueAsString(tree);
  }

  /// Whether something was given for a dotted key, be it null.
  public boolean has(String key) {
    JsonNode at = tree;
    for (String name : key.split("\\.")) {
      at = at.path(name);
    }
    return !at.isMissingNode();
  }

  /// How many values there are, in parts and lists of parts too.
  public int count() {
    return count(tree);
  }

  /// The same of any tree. What is absent does not count, and a list of plain values counts once.
  public static int count(JsonNode node) {
    boolean parts = node.isObject() || node.valueStream().anyMatch(JsonNode::isObject);
    return parts ? node.valueStream().mapToInt(Settings::count).sum() : node.isNull() ? 0 : 1;
  }

  /// The values. Not to be changed.
  ObjectNode tree() {
    return tree;
  }

  /// An error about the setting `key`, or the part around it where it was left out.
  InvalidInputException error(String key, String message) {
    String about = key.isEmpty() ? message : key + ": " + message;
    return new InvalidInputException(Kind.CONFIG, key, place(key) + ": " + about);
  }

  private Place place(String key) {
    for (String at = key; !at.isEmpty(); at = at.substring(0, Math.max(0, at.lastIndexOf('.')))) {
      Place place = places.get(at);
      if (place != null) {
        return place;
      }
    }
    return Place.of(source);
  }
}
