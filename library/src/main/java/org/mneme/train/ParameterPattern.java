package org.mneme.train;

import java.util.Set;
import java.util.regex.Pattern;
import org.mneme.InvalidInputException;
import org.mneme.model.AdapterConfig;

/// A glob over the names of parameters: `*` stands for any characters, `backbone` for everything
/// but memories and adapters.
final class ParameterPattern {
  private static final String BACKBONE = "backbone";

  private ParameterPattern() {}

  /// Whether `pattern` matches the whole of `name`.
  static boolean matches(String pattern, String name) {
    if (pattern.equals(BACKBONE)) {
      return !name.contains(".memory.") && !AdapterConfig.isAdapter(name);
    }
    String[] parts = pattern.split("\\*", -1);
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < parts.length; i++) {
      regex.append(i == 0 ? "" : ".*").append(Pattern.quote(parts[i]));
    }
    return name.matches(regex.toString());
  }

  /// Throws where `pattern` matches none of `names`, as a misspelt one does.
  static void requireMatch(String key, String pattern, Set<String> names) {
    if (names.stream().noneMatch(name -> matches(pattern, name))) {
      throw InvalidInputException.config(
          key,
          "\"%s\" matches no parameter; names are like %s"
              .formatted(pattern, names.stream().findFirst().orElse("(none)")));
    }
  }
}
