package org.mneme.app.web;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What stands behind the question mark of an address.
record Query(Map<String, List<String>> values) {
  static Query of(URI address) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    String query = address.getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        values
            .computeIfAbsent(decoded(pair.substring(0, equals)), ignored -> new ArrayList<>())
            .add(decoded(pair.substring(equals + 1)));
      }
    }
    return new Query(values);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /// All values of a name.
  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /// The first value of a name, empty where there is none.
  String first(String name) {
    return all(name).isEmpty() ? "" : all(name).getFirst();
  }

  /// The first value of a name as a number that is not negative, 0 where it is none.
  long number(String name) {
    return first(name).matches("\\d{1,18}") ? Long.parseLong(first(name)) : 0;
  }
}
