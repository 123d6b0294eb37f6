package org.mneme.memory;

import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What is placed beside or in the place of a block's feed-forward. In a file it is one flat
/// object, whose `type` chooses the defaults of its other keys (see `docs/reference/memory.md`).
public sealed interface MemoryConfig permits SparseMemoryConfig, DenseConfig {
  /// The name of the kind: that of a [MemoryType], or `dense`.
  String type();

  /// Width of what goes in and comes out.
  int dim();

  /// The configuration as an object that [#fromJson(JsonNode)] reads back.
  default ObjectNode toJson() {
    return MemoryConfigJson.write(this);
  }

  /// Reads a configuration strictly: `type` and `dim` have to be there (`hidden` too for `dense`),
  /// other keys take the defaults of the type.
  ///
  /// @throws InvalidInputException of kind CONFIG for an unknown key, naming the nearest known one,
  ///   and for values that cannot be used
  static MemoryConfig fromJson(JsonNode json) {
    return MemoryConfigJson.read(json);
  }
}
