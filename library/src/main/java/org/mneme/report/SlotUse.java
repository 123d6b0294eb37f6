package org.mneme.report;

import java.util.List;

/// A slot and the tokens that read it.
///
/// @param layer the layer whose table holds the slot
/// @param share the share of the layer's read weight that the slot got
/// @param reads how often it was read
/// @param readers the tokens that gave it the most weight, the heaviest first
public record SlotUse(String layer, long slot, double share, long reads, List<Reader> readers) {
  public SlotUse {
    readers = List.copyOf(readers);
  }

  /// A token between its neighbours, as plain text, where its read weighed most.
  ///
  /// @param weight of that read
  /// @param reads how often the same token read the slot, anywhere
  public record Reader(String before, String token, String after, double weight, long reads) {}
}
