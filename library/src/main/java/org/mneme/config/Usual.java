package org.mneme.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Setting;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;

/// What settings are where they are left out.
final class Usual {
  private Usual() {}

  /// The record that supplies what is left out of a `group` whose usual value, where it stands, is
  /// `outer`: null if everything has to be given. A record with a shorthand needs its first key and
  /// has the rest from there.
  static @Nullable Object base(Group group, @Nullable Object outer, JsonNode given) {
    if (group.type().isInstance(outer)) {
      return outer;
    }
    JsonNode first = given.path(group.keys().isEmpty() ? "" : group.keys().getFirst().name());
    return group.usual() == null && group.shorthand() != null && first.isString()
        ? Reflection.call(group.shorthand(), null, first.stringValue())
        : group.usual();
  }

  /// The value of `key` of a `group` where it is left out, as in a file: of `base`, of the key
  /// itself, or of the record that it holds; empty if it has to be given.
  static Optional<JsonNode> value(Setting key, @Nullable Object base) {
    if (base != null) {
      return Optional.of(TreeWriter.tree(key.form(), key.of(base)));
    }
    if (!key.usual().isEmpty()) {
      String source = "the usual " + key.name();
      return Optional.of(
          new YamlReader(source, false, new HashMap<>()).read(key.usual(), key.name()));
    }
    if (key.optional()) {
      return Optional.of(NullNode.getInstance());
    }
    return key.form() instanceof Group group && group.usual() != null
        ? Optional.of(TreeWriter.tree(group, group.usual()))
        : Optional.empty();
  }

  /// The same for all keys of a group, as a description shows them.
  static Map<Setting, Optional<JsonNode>> values(Group group, @Nullable Object outer) {
    String first = group.keys().isEmpty() ? "" : group.keys().getFirst().name();
    Object base = base(group, outer, JsonNodeFactory.instance.objectNode().put(first, "-"));
    boolean made = base != null && group.usual() == null && !group.type().isInstance(outer);
    Map<Setting, Optional<JsonNode>> values = new LinkedHashMap<>();
    for (Setting key : group.keys()) {
      values.put(key, made && key.name().equals(first) ? Optional.empty() : value(key, base));
    }
    return values;
  }
}
