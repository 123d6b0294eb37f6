package org.mneme.config;

import tools.jackson.databind.JsonNode;

/// What stood in a file where something else was expected, in words.
final class Found {
  private Found() {}

  /// A few words for `node`.
  static String describe(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> "the text \"" + node.stringValue() + "\"";
      case NUMBER -> "the number " + node.asString();
      case BOOLEAN -> node.asString();
      case ARRAY -> "a list";
      case OBJECT -> "keys and values";
      default -> "nothing";
    };
  }
}
