package org.mneme.config;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
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
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Makes configuration records of settings, strictly: what is unknown, of the wrong type or out of
/// range is an error with its place.
///
/// Keys that are left out keep the value that the record around them has by default, down through
/// nested records.
public final class Binder {
  static final String TYPE = "type";

  private static final int MOST_PLACES = 3;

  private final Settings settings;
  private final Form root;

  private Binder(Settings settings, Form root) {
    this.settings = settings;
    this.root = root;
  }

  /// The record of class `type` that `settings` describe.
  public static <T extends Record> T bind(Settings settings, Class<T> type) {
    Group group = Reflection.group(type);
    return type.cast(new Binder(settings, group).group(group, settings.tree(), "", null));
  }

  /// What `key` is where it is left out of a record that is otherwise `base`, so that keys inside
  /// it replace the rest one by one; null if that is not known.
  static @Nullable Object usual(Setting key, @Nullable Object base) {
    if (base != null) {
      return key.of(base);
    }
    if (key.usual().isEmpty()) {
      return null;
    }
    Settings settings = Settings.parse(key.name() + ": " + key.usual(), "the usual " + key.name());
    JsonNode node = settings.tree().path(key.name());
    return new Binder(settings, key.form()).value(key.form(), node, key.name(), null);
  }

  /// The value of `node`, which stands at `path`; `outer` is what it would be if it were left out.
  private Object value(Form form, JsonNode node, String path, @Nullable Object outer) {
    return switch (form) {
      case Text() when node.isString() -> node.stringValue();
      case Text() -> throw unexpected(path, node, "a text (in quotes if need be)");
      case Whole whole -> whole(whole, node, path);
      case Real() when node.isNumber() -> node.doubleValue();
      case Real() -> throw unexpected(path, node, "a number");
      case Flag() when node.isBoolean() -> node.booleanValue();
      case Flag() -> throw unexpected(path, node, "true or false");
      case Choice choice -> choice.constant(name(choice.names(), node, path));
      case Many(Form element) -> list(element, node, path);
      case Named(Form element) -> map(element, node, path);
      case Group group -> group(group, node, path, outer);
      case Union union -> union(union, node, path, outer);
    };
  }

  private Object whole(Whole form, JsonNode node, String path) {
    // 1e6 is an integer too
    if (!node.isNumber() || node.doubleValue() != Math.rint(node.doubleValue())) {
      throw unexpected(path, node, "an integer");
    }
    if (!node.canConvertToLong() || node.longValue() < form.least()) {
      throw unexpected(path, node, "an integer that fits 64 bits");
    }
    if (node.longValue() > form.most()) {
      throw unexpected(path, node, "an integer up to " + form.most());
    }
    return form.most() == Integer.MAX_VALUE ? (Object) node.intValue() : node.longValue();
  }

  /// One of `names`.
  private String name(List<String> names, JsonNode node, String path) {
    if (!node.isString()) {
      throw unexpected(path, node, "one of " + String.join(", ", names));
    }
    String name = node.stringValue();
    if (!names.contains(name)) {
      throw settings.error(path, Spelling.none(name, names));
    }
    return name;
  }

  private List<Object> list(Form element, JsonNode node, String path) {
    if (!node.isArray()) {
      if (node.isNull()) {
        throw unexpected(path, node, "a list");
      }
      return List.of(value(element, node, path, null));
    }
    List<Object> values = new ArrayList<>();
    for (JsonNode each : node) {
      values.add(value(element, each, path + "." + values.size(), null));
    }
    return Collections.unmodifiableList(values);
  }

  private Map<String, Object> map(Form element, JsonNode node, String path) {
    if (!node.isObject()) {
      throw unexpected(path, node, "keys and values");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    node.properties()
        .forEach(entry ->
            values.put(
                entry.getKey(),
                value(element, entry.getValue(), path + "." + entry.getKey(), null)));
    return Collections.unmodifiableMap(values);
  }

  private Object union(Union union, JsonNode node, String path, @Nullable Object outer) {
    ObjectNode rest = JsonNodeFactory.instance.objectNode();
    String name;
    if (node instanceof ObjectNode object && (object.has(TYPE) || outer != null)) {
      rest = object.deepCopy();
      JsonNode type = rest.remove(TYPE);
      name =
          type == null
              ? union.name(Objects.requireNonNull(outer))
              : name(union.names(), type, path + "." + TYPE);
    } else if (node.isObject()) {
      throw settings.error(
          path + "." + TYPE, "missing; give one of " + String.join(", ", union.names()));
    } else {
      name = name(union.names(), node, path);
    }
    return group(union.variant(name), rest, path, outer);
  }

  private Object group(Group group, JsonNode node, String path, @Nullable Object outer) {
    Method shorthand = group.shorthand();
    if (node.isString() && shorthand != null) {
      return placed(group, path, () -> Reflection.call(shorthand, null, node.stringValue()));
    }
    requireKnown(group, node, path);
    Object base = placed(group, path, () -> Usual.base(group, outer, node));
    @Nullable Object[] values =
        group.keys().stream().map(key -> component(key, node, path, base)).toArray();
    return placed(group, path, () -> Reflection.make(group.constructor(), values));
  }

  private void requireKnown(Group group, JsonNode node, String path) {
    if (!node.isObject()) {
      String keys = "keys and values: " + String.join(", ", group.names());
      throw unexpected(path, node, group.shorthand() == null ? keys : "a text, or " + keys);
    }
    for (String name : node.propertyNames()) {
      if (!group.names().contains(name)) {
        throw settings.error(
            YamlReader.join(path, name), "unknown setting; " + meant(name, group.names()));
      }
    }
  }

  /// What somebody meant: the same name in another place, or a similar one in this.
  private String meant(String name, List<String> known) {
    List<String> elsewhere = KeyPaths.called(name, root, "").toList();
    return elsewhere.isEmpty() || elsewhere.size() > MOST_PLACES
        ? Spelling.meant(name, known)
        : "did you mean " + String.join(" or ", elsewhere) + "?";
  }

  private @Nullable Object component(
      Setting key, JsonNode node, String path, @Nullable Object base) {
    String inside = YamlReader.join(path, key.name());
    JsonNode given = node.get(key.name());
    if (given == null) {
      if (base != null) {
        return key.of(base);
      }
      given =
          Usual.value(key, null)
              .orElseThrow(() -> settings.error(inside, "missing; give it: " + key.sentence()));
    }
    if (given.isNull()) {
      if (key.optional()) {
        return null;
      }
      throw settings.error(inside, "is empty; give a value, or leave the key out");
    }
    return value(key.form(), given, inside, usual(key, base));
  }

  private InvalidInputException unexpected(String path, JsonNode node, String expected) {
    return settings.error(path, "found " + Found.describe(node) + ", expected " + expected);
  }

  /// What `maker` makes. Records know their own keys, but not where they stand: of the key in an
  /// error of theirs counts the longest end that leads to a component.
  private <T extends @Nullable Object> T placed(Group group, String path, Supplier<T> maker) {
    try {
      return maker.get();
    } catch (InvalidInputException e) {
      Optional<String> end = KeyPaths.end(group, e.key());
      String start = e.key() + ": ";
      String message = String.valueOf(e.getMessage());
      boolean known = end.isPresent() || path.equals(e.key());
      throw settings.error(
          end.map(key -> YamlReader.join(path, key)).orElse(path),
          known && message.startsWith(start) ? message.substring(start.length()) : message);
    }
  }
}
